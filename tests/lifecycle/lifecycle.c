// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "lifecycle/lifecycle.h"

static const struct lifecycle_config usual = {.startup_ns = 10, .lame_duck_ns = 100, .drain_timeout_ns = 1000};

static struct lifecycle ready_with(struct lifecycle_config config)
{
	struct lifecycle l;
	config.startup_ns = 0;
	lifecycle_init(&l, &config, 0);
	assert_true(lifecycle_advance(&l, 0, 1));
	assert_int_equal(l.state, LIFECYCLE_READY);
	return l;
}

static void assert_stays(struct lifecycle *l, int64_t now_ns, uint64_t left)
{
	enum lifecycle_state before = l->state;
	assert_false(lifecycle_advance(l, now_ns, left));
	assert_int_equal(l->state, before);
}

static void assert_becomes(struct lifecycle *l, int64_t now_ns, uint64_t left, enum lifecycle_state state)
{
	assert_true(lifecycle_advance(l, now_ns, left));
	assert_int_equal(l->state, state);
	assert_int_equal(l->since_ns, now_ns);
}

static void the_whole_way(void **state)
{
	struct lifecycle l;
	lifecycle_init(&l, &usual, 5);
	assert_int_equal(lifecycle_next_ns(&l), 15);
	assert_stays(&l, 14, 1);
	assert_becomes(&l, 15, 1, LIFECYCLE_READY);
	assert_int_equal(l.before_ns, 10);
	assert_int_equal(lifecycle_next_ns(&l), LIFECYCLE_NEVER);
	assert_stays(&l, 1000000, 0);
	lifecycle_term(&l);
	assert_becomes(&l, 2000000, 1, LIFECYCLE_LAME_DUCK);
	assert_int_equal(lifecycle_next_ns(&l), 2000100);
	/* Having nothing to do is no reason to leave early: the data plane has not heard yet. */
	assert_stays(&l, 2000099, 0);
	assert_becomes(&l, 2000100, 3, LIFECYCLE_DRAINING);
	assert_int_equal(lifecycle_next_ns(&l), 2001100);
	assert_stays(&l, 2000500, 1);
	assert_becomes(&l, 2000501, 0, LIFECYCLE_STOPPED);
	assert_false(lifecycle_is_forced(&l));
	assert_int_equal(lifecycle_next_ns(&l), LIFECYCLE_NEVER);
	assert_stays(&l, 9000000, 0);
}

static void the_deadline_ends_a_drain(void **state)
{
	struct lifecycle l = ready_with(usual);
	lifecycle_term(&l);
	assert_becomes(&l, 0, 1, LIFECYCLE_LAME_DUCK);
	assert_becomes(&l, 100, 1, LIFECYCLE_DRAINING);
	assert_stays(&l, 1099, 1);
	assert_becomes(&l, 1100, 1, LIFECYCLE_STOPPED);
	assert_false(lifecycle_is_forced(&l));
}

static void a_second_term_ends_it_at_once(void **state)
{
	struct lifecycle l = ready_with(usual);
	lifecycle_term(&l);
	assert_becomes(&l, 0, 1, LIFECYCLE_LAME_DUCK);
	assert_stays(&l, 1, 1);
	lifecycle_term(&l);
	assert_becomes(&l, 2, 1, LIFECYCLE_STOPPED);
	assert_true(lifecycle_is_forced(&l));

	l = ready_with(usual);
	lifecycle_term(&l);
	assert_becomes(&l, 0, 1, LIFECYCLE_LAME_DUCK);
	assert_becomes(&l, 100, 1, LIFECYCLE_DRAINING);
	lifecycle_term(&l);
	assert_becomes(&l, 101, 1, LIFECYCLE_STOPPED);
}

static void stages_without_time_are_passed_over(void **state)
{
	struct lifecycle l = ready_with((struct lifecycle_config){0});
	lifecycle_term(&l);
	assert_becomes(&l, 0, 9, LIFECYCLE_STOPPED);

	l = ready_with((struct lifecycle_config){.drain_timeout_ns = 5});
	lifecycle_term(&l);
	assert_becomes(&l, 0, 9, LIFECYCLE_DRAINING);

	l = ready_with((struct lifecycle_config){.lame_duck_ns = 5});
	lifecycle_term(&l);
	assert_becomes(&l, 0, 9, LIFECYCLE_LAME_DUCK);
	assert_becomes(&l, 5, 9, LIFECYCLE_STOPPED);
}

static void a_start_that_is_called_off_was_never_ready(void **state)
{
	struct lifecycle l;
	lifecycle_init(&l, &usual, 0);
	lifecycle_term(&l);
	assert_becomes(&l, 1, 0, LIFECYCLE_DRAINING);
	assert_becomes(&l, 1, 0, LIFECYCLE_STOPPED);
}

static void readiness_follows_the_policy(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		struct lifecycle_config config = usual;
		config.stays_ready = keep;
		struct lifecycle l;
		lifecycle_init(&l, &config, 0);
		assert_false(lifecycle_is_ready(&l));
		assert_false(lifecycle_is_started(&l));
		assert_becomes(&l, 10, 1, LIFECYCLE_READY);
		assert_true(lifecycle_is_ready(&l));
		assert_true(lifecycle_is_started(&l));
		assert_false(lifecycle_is_ending(&l));
		lifecycle_term(&l);
		assert_becomes(&l, 20, 1, LIFECYCLE_LAME_DUCK);
		assert_int_equal(lifecycle_is_ready(&l), keep);
		assert_true(lifecycle_is_started(&l));
		assert_true(lifecycle_is_ending(&l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(the_deadline_ends_a_drain),
		cmocka_unit_test(a_second_term_ends_it_at_once),
		cmocka_unit_test(stages_without_time_are_passed_over),
		cmocka_unit_test(a_start_that_is_called_off_was_never_ready),
		cmocka_unit_test(readiness_follows_the_policy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
