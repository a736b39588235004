// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"

#include "load/timeouts.h"

#define TOTAL 1000
#define CONNECT 100

static struct exchanges store;
static struct timeouts timeouts;

static int set_up(void **state)
{
	exchanges_init(&store);
	timeouts_init(&timeouts, TOTAL, CONNECT);
	return 0;
}

static int tear_down(void **state)
{
	struct exchange *x;
	while ((x = timeouts_oldest(&timeouts))) {
		timeouts_remove(x);
		exchanges_give_back(&store, x);
	}
	exchanges_finish(&store);
	return 0;
}

static struct exchange *start(int64_t at_ns, bool connecting)
{
	struct exchange *x = exchanges_take(&store);
	x->outcome.started_ns = at_ns;
	timeouts_add(&timeouts, x);
	if (connecting)
		timeouts_connecting(&timeouts, x);
	return x;
}

static void nothing_in_flight_expires_never(void **state)
{
	assert_null(timeouts_oldest(&timeouts));
	assert_null(timeouts_expired(&timeouts, INT64_MAX - 1));
	assert_int_equal(timeouts_next_ns(&timeouts), INT64_MAX);
}

static void a_connection_has_less_time_than_an_answer(void **state)
{
	struct exchange *first = start(0, false), *second = start(10, true);
	assert_int_equal(timeouts_next_ns(&timeouts), 10 + CONNECT);
	assert_null(timeouts_expired(&timeouts, 10 + CONNECT - 1));
	assert_ptr_equal(timeouts_expired(&timeouts, 10 + CONNECT), second);
	timeouts_connected(second);
	assert_int_equal(timeouts_next_ns(&timeouts), TOTAL);
	assert_ptr_equal(timeouts_expired(&timeouts, TOTAL), first);
}

static void who_loses_his_connection_waits_for_another_as_long_as_before(void **state)
{
	struct exchange *first = start(0, true);
	timeouts_connected(first);
	struct exchange *second = start(10, true), *third = start(20, true);
	timeouts_connecting(&timeouts, first);
	assert_ptr_equal(timeouts_expired(&timeouts, CONNECT), first);
	timeouts_connected(first);
	assert_ptr_equal(timeouts_expired(&timeouts, 10 + CONNECT), second);
	timeouts_connected(second);
	assert_ptr_equal(timeouts_expired(&timeouts, 20 + CONNECT), third);
}

static void held_up_they_have_as_much_longer(void **state)
{
	struct exchange *first = start(0, false), *second = start(10, true);
	timeouts_extend(&timeouts, 5000);
	assert_int_equal(timeouts_next_ns(&timeouts), 10 + CONNECT + 5000);
	assert_null(timeouts_expired(&timeouts, 10 + CONNECT + 4999));
	assert_ptr_equal(timeouts_expired(&timeouts, 10 + CONNECT + 5000), second);
	timeouts_connected(second);
	assert_ptr_equal(timeouts_expired(&timeouts, TOTAL + 5000), first);
}

static void what_starts_afterwards_was_not_held_up(void **state)
{
	struct exchange *first = start(0, false);
	timeouts_extend(&timeouts, 5000);
	struct exchange *second = start(5001, false);
	assert_ptr_equal(timeouts_expired(&timeouts, TOTAL + 5000), first);
	timeouts_remove(first);
	exchanges_give_back(&store, first);
	assert_int_equal(timeouts_next_ns(&timeouts), 5001 + TOTAL);
	assert_ptr_equal(timeouts_expired(&timeouts, 5001 + TOTAL), second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_in_flight_expires_never, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_connection_has_less_time_than_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_loses_his_connection_waits_for_another_as_long_as_before, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(held_up_they_have_as_much_longer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_starts_afterwards_was_not_held_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
