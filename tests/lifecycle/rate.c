// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "lifecycle/instant.h"
#include "lifecycle/rate.h"

#define LEAST (2 * NS_PER_S)
#define WITHIN (12 * NS_PER_S)

/* Looks for `seconds`, at so many requests in ten seconds; the counter has come a long way before. */
static struct lameduck_rate seen(int seconds, uint64_t per_ten, uint64_t *ret_count)
{
	struct lameduck_rate r = {0};
	uint64_t count = 1000000;
	for (int64_t at = 0; at <= seconds; at += 5) {
		count = 1000000 + (uint64_t)at * per_ten / 10;
		lameduck_rate_look(&r, at * NS_PER_S, count);
	}
	*ret_count = count;
	return r;
}

static int64_t quiet_after(int seconds, uint64_t per_ten)
{
	uint64_t count;
	struct lameduck_rate r = seen(seconds, per_ten, &count);
	return lameduck_rate_quiet_ns(&r, seconds * NS_PER_S, count, WITHIN, LEAST);
}

static void nothing_is_known_at_first(void **state)
{
	struct lameduck_rate r = {0};
	assert_true(lameduck_rate_quiet_ns(&r, 0, 0, WITHIN, LEAST) == INT64_MAX);
	assert_true(quiet_after(0, 1000) == INT64_MAX);
}

static void many_requests_need_the_least(void **state)
{
	assert_int_equal(quiet_after(60, 1000), LEAST);
	assert_int_equal(quiet_after(600, 1000000), LEAST);
}

/* ln(rate x 12 s / 0.0001) / rate: 4.27 s at 3/s, 11.7 s at 1/s; rounded up to whole powers of two. */
static void few_need_longer(void **state)
{
	assert_in_range(quiet_after(60, 30), 4266 * NS_PER_MS, 5000 * NS_PER_MS);
	assert_in_range(quiet_after(60, 10), 11695 * NS_PER_MS, 13500 * NS_PER_MS);
}

static void fewer_are_no_evidence(void **state)
{
	assert_true(quiet_after(60, 4) == INT64_MAX);
	assert_true(quiet_after(5, 10) == INT64_MAX); /* one a second, but five in all */
	assert_true(quiet_after(60, 0) == INT64_MAX);
}

/* A busy day does not count for a quiet night: only the last minute does. */
static void the_past_is_forgotten(void **state)
{
	uint64_t count;
	struct lameduck_rate r = seen(3600, 10000, &count);
	for (int64_t at = 3605; at <= 3665; at += 5)
		lameduck_rate_look(&r, at * NS_PER_S, count);
	assert_true(lameduck_rate_quiet_ns(&r, 3665 * NS_PER_S, count, WITHIN, LEAST) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_first), cmocka_unit_test(many_requests_need_the_least),
		cmocka_unit_test(few_need_longer),           cmocka_unit_test(fewer_are_no_evidence),
		cmocka_unit_test(the_past_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
