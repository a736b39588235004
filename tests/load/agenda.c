// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/agenda.h"

#define START (100 * NS_PER_S)

static struct agenda begun(const struct load_config *c)
{
	struct agenda a;
	agenda_init(&a, c);
	agenda_start(&a, START);
	return a;
}

static void an_open_loop_goes_by_the_clock(void **state)
{
	struct load_config c = {.rate = 10, .duration_ns = NS_PER_S, .timeout_ns = NS_PER_S};
	struct agenda a = begun(&c);
	agenda_advance(&a, START + 350 * NS_PER_MS, false);
	assert_int_equal(a.due, 4);
	assert_int_equal(agenda_next_ns(&a, START, true), 0);
	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(agenda_number(&a), i);
		assert_int_equal(agenda_take(&a, START + NS_PER_S), START + (int64_t)i * 100 * NS_PER_MS);
	}
	assert_false(agenda_is_waiting(&a));
	assert_int_equal(agenda_next_ns(&a, START, true), START + 400 * NS_PER_MS);
	agenda_advance(&a, START + 60 * NS_PER_S, true);
	assert_int_equal(a.due, 10);
	assert_false(agenda_is_over(&a, START + 60 * NS_PER_S));
	while (agenda_is_waiting(&a))
		(void)agenda_take(&a, START);
	assert_true(agenda_is_over(&a, START));
	assert_int_equal(agenda_next_ns(&a, START, true), AGENDA_NEVER);
}

static void a_closed_loop_goes_as_there_is_room(void **state)
{
	struct load_config c = {.requests = 2, .duration_ns = NS_PER_S, .timeout_ns = NS_PER_S, .connections = 1};
	struct agenda a = begun(&c);
	agenda_advance(&a, START, false);
	assert_false(agenda_is_waiting(&a));
	assert_int_equal(agenda_next_ns(&a, START, true), 0);
	assert_int_equal(agenda_next_ns(&a, START, false), AGENDA_NEVER);
	for (int i = 0; i < 2; i++) {
		agenda_advance(&a, START + i, true);
		agenda_advance(&a, START + i, true);
		assert_true(agenda_is_waiting(&a));
		assert_int_equal(agenda_take(&a, START + i), START + i);
	}
	agenda_advance(&a, START, true);
	assert_false(agenda_is_waiting(&a));
	assert_true(agenda_is_over(&a, START));
	a = begun(&c);
	assert_false(agenda_is_over(&a, START));
	assert_true(agenda_is_over(&a, START + NS_PER_S));
}

/* However many shares there are, the whole is the same: each request once. */
static void shares_add_up(void **state)
{
	struct load_config c = {.rate = 70, .duration_ns = 3 * NS_PER_S, .timeout_ns = 1};
	for (int poisson = 0; poisson <= 1; poisson++) {
		uint64_t whole = 0;
		c.arrivals = poisson ? LOAD_POISSON : LOAD_CONSTANT;
		c.seed = 11;
		for (c.shares = 1; c.shares <= 5; c.shares++) {
			uint64_t due = 0;
			for (c.share = 0; c.share < c.shares; c.share++) {
				struct agenda a = begun(&c);
				agenda_advance(&a, START + 100 * NS_PER_S, true);
				assert_int_equal(agenda_number(&a), c.share);
				due += a.due;
			}
			if (c.shares == 1)
				whole = due;
			assert_int_equal(due, whole);
		}
		assert_true(poisson ? whole > 140 && whole < 280 : whole == 210);
	}
}

static void fewer_requests_than_shares_leave_some_without(void **state)
{
	struct load_config c = {.rate = 10, .requests = 2, .timeout_ns = 1, .shares = 3};
	for (c.share = 0; c.share < 3; c.share++) {
		struct agenda a = begun(&c);
		agenda_advance(&a, START + 100 * NS_PER_S, true);
		assert_int_equal(a.due, c.share < 2);
	}
}

static void what_still_waits_is_given_up_one_timeout_after_the_end(void **state)
{
	struct load_config c = {.rate = 10, .duration_ns = NS_PER_S, .timeout_ns = 2 * NS_PER_S};
	struct agenda a = begun(&c);
	agenda_advance(&a, START + NS_PER_S, false);
	assert_int_equal(agenda_next_ns(&a, START, false), START + 3 * NS_PER_S);
	c.duration_ns = 0;
	a = begun(&c);
	assert_int_equal(agenda_give_up_ns(&a), INT64_MAX);
}

static void nothing_overflows(void **state)
{
	struct load_config c = {.rate = 1e-300, .timeout_ns = 1};
	struct agenda a = begun(&c);
	agenda_advance(&a, START + 60 * NS_PER_S, true);
	assert_int_equal(a.due, 1);
	c.arrivals = LOAD_POISSON;
	a = begun(&c);
	agenda_advance(&a, START + 60 * NS_PER_S, true);
	assert_int_equal(a.due, 0);
	assert_true(agenda_next_ns(&a, START, true) > START + 3600 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_loop_goes_by_the_clock),
		cmocka_unit_test(a_closed_loop_goes_as_there_is_room),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(fewer_requests_than_shares_leave_some_without),
		cmocka_unit_test(what_still_waits_is_given_up_one_timeout_after_the_end),
		cmocka_unit_test(nothing_overflows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
