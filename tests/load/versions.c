// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/versions.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *see(struct versions *v, const char *name, int64_t started_ns, int64_t ended_ns)
{
	static struct version newest;
	struct version own;
	struct version_seen seen = versions_see(v, name, started_ns, ended_ns);
	assert_true(versions_find(v, seen.number, &own));
	assert_string_equal(own.name, name);
	assert_true(versions_find(v, seen.newest, &newest));
	return newest.name;
}

static void only_what_began_after_a_newer_answer_goes_back(void **state)
{
	struct versions *v = versions_create();
	assert_string_equal(see(v, "1", 0, 10), "1");
	assert_string_equal(see(v, "2", 10, 20), "2");
	/* Under way when the newer one came, in the same instant included. */
	assert_string_equal(see(v, "1", 15, 30), "1");
	assert_string_equal(see(v, "1", 20, 30), "1");
	assert_string_equal(see(v, "1", 21, 30), "2");
	assert_string_equal(see(v, "2", 21, 30), "2");
	/* The newest of those that had answered, not the newest of all. */
	assert_string_equal(see(v, "3", 30, 40), "3");
	assert_string_equal(see(v, "1", 35, 50), "2");
	assert_string_equal(see(v, "2", 35, 50), "2");
	assert_string_equal(see(v, "2", 41, 50), "3");
	assert_string_equal(see(v, "1", 41, 50), "3");
	versions_destroy(v);
}

static void what_is_told_late_is_ordered_by_when_it_came(void **state)
{
	struct versions *v = versions_create();
	(void)see(v, "1", 0, 10);
	(void)see(v, "3", 20, 60);
	(void)see(v, "2", 20, 50); /* another thread was first to tell */
	assert_string_equal(see(v, "3", 70, 80), "3");
	assert_string_equal(see(v, "2", 70, 80), "3");
	assert_string_equal(see(v, "2", 55, 80), "2");
	(void)see(v, "3", 20, 40); /* and the same version twice the other way round */
	assert_string_equal(see(v, "3", 70, 80), "2");
	struct version at;
	static const char *const wanted[] = {"1", "3", "2"};
	for (size_t i = 0; i < 3; i++) {
		assert_true(versions_at(v, i, &at));
		assert_string_equal(at.name, wanted[i]);
	}
	assert_false(versions_at(v, 3, &at));
	assert_int_equal(versions_count(v), 3);
	versions_destroy(v);
}

static void answers_are_counted_with_their_times(void **state)
{
	struct versions *v = versions_create();
	struct version at;
	assert_false(versions_at(v, 0, &at));
	assert_false(versions_find(v, 0, &at));
	(void)see(v, "a", 0, 10);
	(void)see(v, "a", 0, 30);
	(void)see(v, "a", 0, 20);
	assert_true(versions_at(v, 0, &at));
	assert_int_equal(at.count, 3);
	assert_int_equal(at.first_ns, 10);
	assert_int_equal(at.last_ns, 30);
	versions_destroy(v);
}

static void there_is_a_most(void **state)
{
	struct versions *v = versions_create();
	char name[16];
	for (int i = 0; i < VERSIONS_MAX; i++) {
		snprintf(name, sizeof name, "v%d", i);
		assert_string_equal(see(v, name, i, i + 1), name);
	}
	assert_int_equal(versions_see(v, "one more", 5000, 5001).number, 0);
	assert_int_equal(versions_count(v), VERSIONS_MAX);
	assert_string_equal(see(v, "v0", 5000, 5001), "v1023");
	versions_destroy(v);
}

#define ROUNDS 2000
#define THREADS 4

static void *see_often(void *data)
{
	struct versions *v = data;
	char name[16];
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof name, "v%d", i / 20);
		(void)versions_see(v, name, i, i + 1);
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct versions *v = versions_create();
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, see_often, v), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	uint64_t total = 0;
	struct version at;
	char name[16];
	for (size_t i = 0; versions_at(v, i, &at); i++) {
		snprintf(name, sizeof name, "v%zu", i);
		assert_string_equal(at.name, name);
		total += at.count;
	}
	assert_int_equal(versions_count(v), ROUNDS / 20);
	assert_int_equal(total, ROUNDS * THREADS);
	versions_destroy(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_began_after_a_newer_answer_goes_back),
		cmocka_unit_test(what_is_told_late_is_ordered_by_when_it_came),
		cmocka_unit_test(answers_are_counted_with_their_times),
		cmocka_unit_test(there_is_a_most),
		cmocka_unit_test(threads_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
