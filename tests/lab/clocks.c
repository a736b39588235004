// SPDX-License-Identifier: Apache-2.0
/* The clocks of a kubelet and of a proxy: probe thresholds, the grace period, how often rules are written. */
#include "../unit.h"
#include "base/clock.h"
#include "lab/grace.h"
#include "lab/sync.h"
#include "lab/threshold.h"

#define S NS_PER_S

static void readiness_needs_its_threshold_in_a_row(void **state)
{
	struct threshold t;
	threshold_init(&t, 1, 3, false);
	assert_true(threshold_add(&t, true));
	assert_true(t.verdict);
	assert_false(threshold_add(&t, false));
	assert_false(threshold_add(&t, false));
	assert_false(threshold_add(&t, true)); /* the count starts anew */
	assert_false(threshold_add(&t, false));
	assert_false(threshold_add(&t, false));
	assert_true(threshold_add(&t, false));
	assert_false(t.verdict);
	assert_false(threshold_add(&t, false));
}

static void success_may_need_several(void **state)
{
	struct threshold t;
	threshold_init(&t, 2, 1, false);
	assert_false(threshold_add(&t, true));
	assert_true(threshold_add(&t, true));
	assert_true(threshold_add(&t, false));
}

static void liveness_starts_alive_and_reports_its_failure(void **state)
{
	struct threshold t;
	threshold_init(&t, 1, 2, true);
	assert_false(threshold_add(&t, true));
	assert_false(threshold_add(&t, false));
	assert_true(threshold_add(&t, false));
	assert_false(t.verdict);
}

static void startup_that_never_succeeds_is_reported_once(void **state)
{
	struct threshold t;
	threshold_init(&t, 1, 3, false);
	assert_false(threshold_add(&t, false));
	assert_false(threshold_add(&t, false));
	assert_true(threshold_add(&t, false));
	assert_false(threshold_add(&t, false));
}

static void the_hook_is_inside_the_grace_period(void **state)
{
	assert_int_equal(grace_term(30 * S, 0), 0);
	assert_int_equal(grace_kill(30 * S, 0), 30 * S);
	assert_int_equal(grace_term(30 * S, 15 * S), 15 * S);
	assert_int_equal(grace_kill(30 * S, 15 * S), 30 * S);
}

static void a_hook_that_takes_all_leaves_two_seconds_once(void **state)
{
	assert_int_equal(grace_term(30 * S, 61 * S), 30 * S);
	assert_int_equal(grace_kill(30 * S, 30 * S), 32 * S);
	assert_int_equal(grace_kill(30 * S, 29 * S), 31 * S);
	assert_int_equal(grace_kill(30 * S, 28 * S), 30 * S);
	assert_int_equal(grace_kill(0, 0), 2 * S);
}

static void two_syncs_at_once_and_the_third_waits(void **state)
{
	struct sync s;
	sync_init(&s, 1 * S, 0);
	assert_int_equal(sync_wait(&s, 0), 0);
	assert_int_equal(sync_wait(&s, 10), 0);
	int64_t wait = sync_wait(&s, 20);
	assert_true(wait > 990 * NS_PER_MS && wait <= 1 * S);
	assert_int_equal(sync_wait(&s, 20 + wait), 0);
	assert_true(sync_wait(&s, 21 + wait) > 0);
	sync_init(&s, 0, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sync_wait(&s, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readiness_needs_its_threshold_in_a_row),
		cmocka_unit_test(success_may_need_several),
		cmocka_unit_test(liveness_starts_alive_and_reports_its_failure),
		cmocka_unit_test(startup_that_never_succeeds_is_reported_once),
		cmocka_unit_test(the_hook_is_inside_the_grace_period),
		cmocka_unit_test(a_hook_that_takes_all_leaves_two_seconds_once),
		cmocka_unit_test(two_syncs_at_once_and_the_third_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
