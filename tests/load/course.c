// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/course.h"

#define START (5 * NS_PER_S)

static struct course course;
static struct course_column columns[COURSE_COLUMNS_MAX];
static int64_t width_ns;

static int begin(void **state)
{
	course_init(&course);
	return 0;
}

static int end(void **state)
{
	course_finish(&course);
	return 0;
}

static void add(enum outcome_kind kind, int64_t due_ms, int64_t latency_ms)
{
	struct outcome o = {.kind = kind, .scheduled_ns = START + due_ms * NS_PER_MS};
	o.ended_ns = o.scheduled_ns + latency_ms * NS_PER_MS;
	course_add(&course, &o, START);
}

static void nothing_has_no_columns(void **state)
{
	assert_int_equal(course_columns(&course, columns, &width_ns), 0);
}

static void a_stall_shows_where_it_was(void **state)
{
	for (int ms = 0; ms < 6000; ms += 10)
		add(OUTCOME_OK, ms, ms >= 2000 && ms < 4000 ? 4000 - ms + 2 : 2);
	assert_int_equal(course_columns(&course, columns, &width_ns), 60);
	assert_int_equal(width_ns, 100 * NS_PER_MS);
	for (int i = 0; i < 60; i++) {
		int64_t most = i >= 20 && i < 40 ? 4000 - i * 100 + 2 : 2;
		assert_int_equal(columns[i].answered, 10);
		assert_int_equal(columns[i].lost, 0);
		assert_int_equal(columns[i].max_ns, most * NS_PER_MS);
		/* Of ten the 99th percentile is the largest. */
		assert_int_equal(columns[i].p99_ns, most * NS_PER_MS);
	}
}

static void a_percentile_is_at_most_an_eighth_too_high(void **state)
{
	for (int i = 0; i < 1000; i++)
		add(OUTCOME_OK, 0, i < 990 ? 7 : 900);
	assert_int_equal(course_columns(&course, columns, &width_ns), 1);
	assert_in_range(columns[0].p99_ns, 7 * NS_PER_MS, 7 * NS_PER_MS * 9 / 8);
	assert_int_equal(columns[0].max_ns, 900 * NS_PER_MS);
}

static void losses_are_counted_and_our_own_limits_are_not(void **state)
{
	add(OUTCOME_WAIT_RESET, 5, 1);
	add(OUTCOME_STATUS, 15, 1);
	add(OUTCOME_CLIENT_PORTS, 15, 1);
	add(OUTCOME_OK, 15, 1);
	assert_int_equal(course_columns(&course, columns, &width_ns), 2);
	assert_int_equal(width_ns, 10 * NS_PER_MS);
	assert_int_equal(columns[0].lost, 1);
	assert_int_equal(columns[0].answered, 0);
	assert_int_equal(columns[0].p99_ns, 0);
	assert_int_equal(columns[1].lost, 1);
	assert_int_equal(columns[1].answered, 1);
}

static void a_long_load_has_wider_cells_and_loses_nothing(void **state)
{
	static const struct {
		int64_t duration_ms, width_ms;
		int columns;
	} cases[] = {
		{6010, 200, 31},
		{60000, 1000, 60},
		{61000, 2000, 31},
		{3600 * 1000, 100 * 1000, 36},
		{24 * 3600 * 1000, 3000 * 1000, 29},
		{INT64_C(400) * 24 * 3600 * 1000, 36000000 * 10, 60},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t lost = 0, answered = 0;
		end(NULL);
		begin(NULL);
		for (int n = 0; n < 5000; n++)
			add(n % 5 ? OUTCOME_OK : OUTCOME_WAIT_CLOSED, cases[i].duration_ms / 5000 * n, 3);
		add(OUTCOME_OK, cases[i].duration_ms - 1, 44);
		int count = course_columns(&course, columns, &width_ns);
		assert_int_equal(width_ns, cases[i].width_ms * NS_PER_MS);
		assert_int_equal(count, cases[i].columns);
		for (int c = 0; c < count; c++) {
			lost += columns[c].lost;
			answered += columns[c].answered;
		}
		assert_int_equal(lost, 1000);
		assert_int_equal(answered, 4001);
		assert_int_equal(columns[count - 1].max_ns, 44 * NS_PER_MS);
	}
}

static void what_was_due_before_the_start_is_in_the_first(void **state)
{
	add(OUTCOME_OK, -5, 1);
	assert_int_equal(course_columns(&course, columns, &width_ns), 1);
	assert_int_equal(columns[0].answered, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_has_no_columns, begin, end),
		cmocka_unit_test_setup_teardown(a_stall_shows_where_it_was, begin, end),
		cmocka_unit_test_setup_teardown(a_percentile_is_at_most_an_eighth_too_high, begin, end),
		cmocka_unit_test_setup_teardown(losses_are_counted_and_our_own_limits_are_not, begin, end),
		cmocka_unit_test_setup_teardown(a_long_load_has_wider_cells_and_loses_nothing, begin, end),
		cmocka_unit_test_setup_teardown(what_was_due_before_the_start_is_in_the_first, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
