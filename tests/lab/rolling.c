// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "lab/rolling.h"

static struct deployment deployment(int64_t replicas, struct int_or_string surge, struct int_or_string unavailable)
{
	return (struct deployment){.replicas = replicas, .max_surge = surge, .max_unavailable = unavailable};
}

#define PERCENT(n) ((struct int_or_string){.is_percent = true, .number = (n), .name = ""})
#define PODS(n) ((struct int_or_string){.number = (n), .name = ""})

static void percentages_round_as_kubernetes_does(void **state)
{
	const struct {
		int64_t replicas, surge, unavailable;
	} cases[] = {{1, 1, 0}, {2, 1, 0}, {3, 1, 0}, {4, 1, 1}, {5, 2, 1}, {10, 3, 2}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct deployment d = deployment(cases[i].replicas, PERCENT(25), PERCENT(25));
		struct rolling r = rolling_resolve(&d);
		assert_int_equal(r.max_surge, cases[i].surge);
		assert_int_equal(r.max_unavailable, cases[i].unavailable);
	}
}

static void both_zero_means_one_unavailable(void **state)
{
	struct deployment d = deployment(3, PERCENT(0), PERCENT(10));
	struct rolling r = rolling_resolve(&d);
	assert_int_equal(r.max_surge, 0);
	assert_int_equal(r.max_unavailable, 1);
}

/* Runs a whole update, one reaction of the world at a time, and watches the bounds that Kubernetes promises. */
static void run(int64_t replicas, int64_t surge, int64_t unavailable)
{
	struct deployment d = deployment(replicas, PODS(surge), PODS(unavailable));
	struct rolling r = rolling_resolve(&d);
	struct rolling_side old = {replicas, replicas}, new = {0, 0};
	for (int step = 0; step < 1000 && (old.created || new.available < replicas); step++) {
		new.created += rolling_grow(&r, old, new);
		assert_true(old.created + new.created <= replicas + surge);
		struct rolling_shrink shrink = rolling_shrink(&r, old, new);
		old.created -= shrink.unavailable + shrink.available;
		old.available -= shrink.available;
		assert_true(old.available + new.available >= replicas - r.max_unavailable);
		if (new.available < new.created)
			new.available++;
	}
	assert_int_equal(new.created, replicas);
	assert_int_equal(old.created, 0);
}

static void every_update_ends_within_its_bounds(void **state)
{
	for (int64_t replicas = 1; replicas <= 12; replicas++)
		for (int64_t surge = 0; surge <= replicas; surge++)
			for (int64_t unavailable = surge ? 0 : 1; unavailable <= replicas; unavailable++)
				run(replicas, surge, unavailable);
}

static void old_pods_that_serve_nothing_go_first(void **state)
{
	struct rolling r = {3, 1, 0};
	struct rolling_shrink s = rolling_shrink(&r, (struct rolling_side){3, 1}, (struct rolling_side){1, 1});
	assert_int_equal(s.unavailable, 1);
	assert_int_equal(s.available, 0);
}

static void five_of_ten_may_go_at_once(void **state)
{
	struct rolling r = {10, 1, 5};
	assert_int_equal(rolling_grow(&r, (struct rolling_side){10, 10}, (struct rolling_side){0, 0}), 1);
	struct rolling_shrink s = rolling_shrink(&r, (struct rolling_side){10, 10}, (struct rolling_side){1, 0});
	assert_int_equal(s.available, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentages_round_as_kubernetes_does),
		cmocka_unit_test(both_zero_means_one_unavailable),
		cmocka_unit_test(every_update_ends_within_its_bounds),
		cmocka_unit_test(old_pods_that_serve_nothing_go_first),
		cmocka_unit_test(five_of_ten_may_go_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
