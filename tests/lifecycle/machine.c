// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "lifecycle/instant.h"
#include "lifecycle/machine.h"

#define S NS_PER_S

static struct lameduck_config usual(void)
{
	struct lameduck_config c;
	lameduck_config_init(&c);
	c.lame_duck_ms = 5000;
	return c;
}

struct life {
	struct lameduck_machine m;
	struct lameduck_facts f;
};

static struct life starting_with(struct lameduck_config c)
{
	struct life l = {.f.left = 1};
	assert_int_equal(lameduck_config_resolve(&c, NULL), 0);
	lameduck_machine_init(&l.m, &c, 0);
	return l;
}

static struct life ready_with(struct lameduck_config c)
{
	struct life l = starting_with(c);
	l.f.is_able = true;
	assert_true(lameduck_machine_advance(&l.m, &l.f));
	assert_int_equal(l.m.state, LAMEDUCK_READY);
	return l;
}

static void term(struct life *l, int64_t now_ns)
{
	l->f.ending_ns = l->f.terms++ || l->f.has_prestop ? l->f.ending_ns : now_ns;
}

static void assert_stays(struct life *l, int64_t now_ns)
{
	l->f.now_ns = now_ns;
	assert_false(lameduck_machine_advance(&l->m, &l->f));
}

static void assert_becomes(struct life *l, int64_t now_ns, enum lameduck_state state, enum lameduck_why why)
{
	l->f.now_ns = now_ns;
	assert_true(lameduck_machine_advance(&l->m, &l->f));
	assert_string_equal(lameduck_state_name(l->m.state), lameduck_state_name(state));
	assert_string_equal(lameduck_why_name(l->m.why), lameduck_why_name(why));
	assert_int_equal(l->m.since_ns, now_ns);
}

static void the_whole_way(void **state)
{
	struct life l = starting_with(usual());
	assert_stays(&l, 1);
	assert_int_equal(lameduck_machine_next_ns(&l.m), LAMEDUCK_NEVER);
	l.f.is_able = true;
	assert_becomes(&l, 7, LAMEDUCK_READY, LAMEDUCK_WHY_READY);
	assert_int_equal(l.m.lasted_ns, 7);
	assert_int_equal(lameduck_machine_next_ns(&l.m), LAMEDUCK_NEVER);
	assert_stays(&l, 1000 * S);
	term(&l, 1000 * S);
	/* Seen a moment late: times count from when it came. */
	assert_becomes(&l, 1000 * S + 5, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_int_equal(lameduck_machine_next_ns(&l.m), 1005 * S);
	/* Having nothing to do is no reason to leave early: the data plane has not heard yet. */
	l.f.left = 0;
	assert_stays(&l, 1005 * S - 1);
	l.f.left = 3;
	assert_becomes(&l, 1005 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	assert_int_equal(lameduck_machine_next_ns(&l.m), 1029 * S);
	assert_stays(&l, 1006 * S);
	l.f.left = 0;
	assert_becomes(&l, 1006 * S, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DONE);
	assert_int_equal(l.m.lasted_ns, S);
	assert_int_equal(lameduck_machine_next_ns(&l.m), LAMEDUCK_NEVER);
	assert_stays(&l, 9000 * S);
}

static void the_deadline_counts_from_term_and_leaves_a_margin(void **state)
{
	struct life l = ready_with(usual());
	term(&l, 10 * S);
	assert_becomes(&l, 12 * S, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_int_equal(lameduck_machine_end_ns(&l.m), 39 * S);
	assert_becomes(&l, 15 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	assert_stays(&l, 39 * S - 1);
	assert_becomes(&l, 39 * S, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DEADLINE);
}

static void what_prestop_took_is_gone_from_the_deadline(void **state)
{
	struct lameduck_config c = usual();
	c.prestop_ms = 10000;
	struct life l = ready_with(c);
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_becomes(&l, 5 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	assert_int_equal(lameduck_machine_next_ns(&l.m), 19 * S);
}

static void a_drain_may_have_a_time_of_its_own(void **state)
{
	struct lameduck_config c = usual();
	c.drain_ms = 2000;
	struct life l = ready_with(c);
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_int_equal(lameduck_machine_end_ns(&l.m), 7 * S);
	assert_becomes(&l, 6 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	assert_stays(&l, 8 * S - 1);
	assert_becomes(&l, 8 * S, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DEADLINE);
}

static void a_second_term_ends_it_at_once(void **state)
{
	struct life l = ready_with(usual());
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_stays(&l, 1);
	term(&l, 2);
	assert_becomes(&l, 2, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM_AGAIN);

	l = ready_with(usual());
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_becomes(&l, 5 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	term(&l, 5 * S);
	assert_becomes(&l, 5 * S, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM_AGAIN);
}

static void stages_without_time_are_passed_over(void **state)
{
	struct lameduck_config c = usual();
	c.lame_duck_ms = c.drain_ms = 0;
	struct life l = ready_with(c);
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM);

	c.drain_ms = 1;
	l = ready_with(c);
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TERM);

	c.drain_ms = 0;
	c.lame_duck_ms = 1;
	l = ready_with(c);
	term(&l, 0);
	assert_becomes(&l, 0, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	assert_becomes(&l, NS_PER_MS, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TIME);
}

static void a_start_that_is_called_off_has_no_lame_duck(void **state)
{
	struct life l = starting_with(usual());
	term(&l, 0);
	assert_becomes(&l, 1, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TERM);
	l.f.left = 0;
	assert_becomes(&l, 1, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DONE);
}

static void a_hook_begins_the_end_and_its_term_is_the_first(void **state)
{
	struct lameduck_config c = usual();
	c.prestop_ms = 3000;
	struct life l = ready_with(c);
	l.f.has_prestop = true;
	l.f.ending_ns = S;
	assert_becomes(&l, S, LAMEDUCK_LAME, LAMEDUCK_WHY_PRESTOP);
	term(&l, 2 * S);
	assert_stays(&l, 2 * S);
	assert_becomes(&l, 6 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_TIME);
	/* The hook's own time is counted already: prestop_ms is not taken off again. */
	assert_int_equal(lameduck_machine_end_ns(&l.m), 30 * S);
	term(&l, 7 * S);
	assert_becomes(&l, 7 * S, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM_AGAIN);
}

/* Ready for a minute with so many requests per second, asked when it asks to be. */
static struct life busy_with(unsigned per_second)
{
	struct lameduck_config c = usual();
	c.lame_duck_ms = 20000;
	c.quiet_ms = 2000;
	struct life l = ready_with(c);
	for (int64_t now_ns; (now_ns = lameduck_machine_next_ns(&l.m)) <= 70 * S;) {
		l.f.arrivals = (uint64_t)(now_ns / S) * per_second;
		assert_stays(&l, now_ns);
	}
	term(&l, 70 * S);
	l.f.arrivals = 70 * per_second;
	assert_becomes(&l, 70 * S, LAMEDUCK_LAME, LAMEDUCK_WHY_TERM);
	return l;
}

static void quiet_ends_a_busy_lame_duck(void **state)
{
	struct life l = busy_with(1000);
	assert_int_equal(lameduck_machine_next_ns(&l.m), 72 * S);
	l.f.arrived_ns = 71 * S;
	l.f.arrivals++;
	assert_stays(&l, 72 * S);
	assert_int_equal(lameduck_machine_next_ns(&l.m), 73 * S);
	assert_stays(&l, 73 * S - 1);
	assert_becomes(&l, 73 * S, LAMEDUCK_DRAINING, LAMEDUCK_WHY_QUIET);
}

static void the_rarer_requests_are_the_longer_it_must_be_quiet(void **state)
{
	struct life few = busy_with(3), fewer = busy_with(1);
	assert_in_range(lameduck_machine_next_ns(&few.m), 73 * S, 76 * S);
	assert_in_range(lameduck_machine_next_ns(&fewer.m), 79 * S, 85 * S);
	/* Too few to be evidence: it has its whole time. */
	struct life none = busy_with(0);
	assert_int_equal(lameduck_machine_next_ns(&none.m), 90 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(the_deadline_counts_from_term_and_leaves_a_margin),
		cmocka_unit_test(what_prestop_took_is_gone_from_the_deadline),
		cmocka_unit_test(a_drain_may_have_a_time_of_its_own),
		cmocka_unit_test(a_second_term_ends_it_at_once),
		cmocka_unit_test(stages_without_time_are_passed_over),
		cmocka_unit_test(a_start_that_is_called_off_has_no_lame_duck),
		cmocka_unit_test(a_hook_begins_the_end_and_its_term_is_the_first),
		cmocka_unit_test(quiet_ends_a_busy_lame_duck),
		cmocka_unit_test(the_rarer_requests_are_the_longer_it_must_be_quiet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
