// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/random.h"
#include "serve/deadlines.h"

static void ignore(struct deadline *d)
{
}

static void each_comes_when_it_is_due(void **state)
{
	struct deadlines ds = {0};
	struct deadline d[3];
	for (int i = 0; i < 3; i++)
		deadline_init(&d[i], ignore);
	assert_int_equal(deadlines_next(&ds), DEADLINE_NEVER);
	deadline_set(&ds, &d[0], 30);
	deadline_set(&ds, &d[1], 10);
	deadline_set(&ds, &d[2], 20);
	assert_int_equal(deadlines_next(&ds), 10);
	assert_null(deadlines_take(&ds, 9));
	assert_ptr_equal(deadlines_take(&ds, 20), &d[1]);
	assert_ptr_equal(deadlines_take(&ds, 20), &d[2]);
	assert_null(deadlines_take(&ds, 29));
	assert_ptr_equal(deadlines_take(&ds, 30), &d[0]);
	assert_int_equal(deadlines_next(&ds), DEADLINE_NEVER);
	deadlines_finish(&ds);
}

static void later_is_believed_when_the_old_one_comes(void **state)
{
	struct deadlines ds = {0};
	struct deadline a, b;
	deadline_init(&a, ignore);
	deadline_init(&b, ignore);
	deadline_set(&ds, &a, 10);
	deadline_set(&ds, &b, 30);
	deadline_set(&ds, &a, 50);
	assert_null(deadlines_take(&ds, 10));
	assert_int_equal(deadlines_next(&ds), 30);
	deadline_set(&ds, &a, DEADLINE_NEVER);
	assert_ptr_equal(deadlines_take(&ds, 60), &b);
	assert_null(deadlines_take(&ds, 60));
	assert_int_equal(deadlines_next(&ds), DEADLINE_NEVER);
	deadline_set(&ds, &a, 70);
	deadline_set(&ds, &a, 65);
	assert_int_equal(deadlines_next(&ds), 65);
	deadline_remove(&ds, &a);
	deadline_remove(&ds, &a);
	assert_null(deadlines_take(&ds, 100));
	deadlines_finish(&ds);
}

/* Against a plain array that is searched. */
static void a_long_random_life(void **state)
{
	enum { N = 200 };
	struct deadlines ds = {0};
	struct deadline d[N];
	struct random random = {1};
	uint64_t now = 0;
	for (int i = 0; i < N; i++)
		deadline_init(&d[i], ignore);
	for (int step = 0; step < 20000; step++) {
		struct deadline *one = &d[random_between(&random, 0, N - 1)];
		switch (random_between(&random, 0, 4)) {
		case 0:
			deadline_remove(&ds, one);
			break;
		case 1:
			now += (uint64_t)random_between(&random, 0, 20);
			for (struct deadline *due; (due = deadlines_take(&ds, now));)
				assert_in_range(due - d, 0, N - 1);
			for (int i = 0; i < N; i++)
				assert_true(d[i].at_ms > now);
			break;
		default:
			deadline_set(&ds, one, now + 1 + (uint64_t)random_between(&random, 0, 1000));
		}
		for (int i = 0; i < N; i++)
			assert_true(d[i].at_ms >= deadlines_next(&ds));
	}
	deadlines_finish(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_comes_when_it_is_due),
		cmocka_unit_test(later_is_believed_when_the_old_one_comes),
		cmocka_unit_test(a_long_random_life),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
