// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/schedule.h"

#include <string.h>

static void instants_do_not_drift(void **state)
{
	assert_int_equal(schedule_due_ns(400, 0), 0);
	assert_int_equal(schedule_due_ns(400, 1), 2500 * NS_PER_US);
	assert_int_equal(schedule_due_ns(3, 3), NS_PER_S);
	assert_int_equal(schedule_due_ns(3, UINT64_C(3) * 86400), 86400 * NS_PER_S);
	assert_int_equal(schedule_due_ns(20000, UINT64_C(20000) * 3600), 3600 * NS_PER_S);
}

static void a_duration_holds_as_many_as_start_within_it(void **state)
{
	assert_int_equal(schedule_total(400, 0, 2 * NS_PER_S), 800);
	assert_int_equal(schedule_total(3, 0, 10 * NS_PER_S), 30);
	assert_int_equal(schedule_total(0.1, 0, 10 * NS_PER_S), 1);
	assert_int_equal(schedule_total(0.1, 0, 11 * NS_PER_S), 2);
	assert_int_equal(schedule_total(1, 0, NS_PER_MS), 1);
	assert_int_equal(schedule_total(400, 100, 2 * NS_PER_S), 100);
	assert_int_equal(schedule_total(400, 1000, 2 * NS_PER_S), 800);
	assert_int_equal(schedule_total(400, 1000, 0), 1000);
	assert_true(schedule_total(400, 0, 0) == SCHEDULE_ENDLESS);
	/* The last that counts is due before the end, the next is not. */
	for (int rate = 1; rate < 2000; rate += 7) {
		uint64_t total = schedule_total(rate, 0, 3 * NS_PER_S);
		assert_true(schedule_due_ns(rate, total - 1) < 3 * NS_PER_S);
		assert_true(schedule_due_ns(rate, total) >= 3 * NS_PER_S);
	}
}

/* Every mode meets every target with every path, equally often. */
static void combinations(bool fresh, bool keepalive, int targets, int paths)
{
	int seen[2][8][8] = {0};
	int modes = fresh && keepalive ? 2 : 1, rounds = 5;
	for (uint64_t i = 0; i < (uint64_t)(modes * targets * paths * rounds); i++) {
		struct schedule_turn t = schedule_turn(fresh, keepalive, targets, i);
		seen[t.fresh][t.target][t.path % (uint64_t)paths]++;
	}
	for (int mode = 0; mode < 2; mode++)
		for (int target = 0; target < targets; target++)
			for (int path = 0; path < paths; path++)
				assert_int_equal(seen[mode][target][path], (mode ? fresh : keepalive) ? rounds : 0);
}

static void turns_do_not_go_together(void **state)
{
	for (int targets = 1; targets <= 6; targets++) {
		for (int paths = 1; paths <= 6; paths++) {
			combinations(true, true, targets, paths);
			combinations(true, false, targets, paths);
			combinations(false, true, targets, paths);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_do_not_drift),
		cmocka_unit_test(a_duration_holds_as_many_as_start_within_it),
		cmocka_unit_test(turns_do_not_go_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
