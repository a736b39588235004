// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "helper/evidence.h"
#include "helper/rate.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const struct evidence_rule rule = {
	.min_quiet_ns = 2 * NS_PER_S,
	.horizon_ns = 15 * NS_PER_S,
	.risk = 0.001,
	.strays_per_s = 1,
};

static double needed_s(double per_s)
{
	return (double)evidence_needed_ns(per_s, &rule) / (double)NS_PER_S;
}

static void the_gap_that_is_needed_follows_from_the_rate(void **state)
{
	/* ln(λD/p)/λ, but never below the least */
	assert_true(fabs(needed_s(1) - log(15 / 0.001)) < 1e-6);
	assert_true(fabs(needed_s(2) - log(30 / 0.001) / 2) < 1e-6);
	assert_true(needed_s(100) == 2);
	/* With less than one arrival expected, the risk is taken once. */
	assert_true(fabs(needed_s(0.01) - log(1000) / 0.01) < 1e-6);
	assert_true(evidence_needed_ns(0, &rule) == INT64_MAX);
}

/* From 0 s on, arrivals at these instants; the first whole 0.1 s at which it says quiet, -1 never within a minute. */
static double first_quiet_s(double per_s, const double *at_s, size_t count)
{
	struct evidence e;
	evidence_begin(&e, per_s, 0);
	size_t next = 0;
	for (int tenth = 0; tenth <= 600; tenth++) {
		int64_t now = tenth * NS_PER_S / 10;
		for (; next < count && (int64_t)(at_s[next] * (double)NS_PER_S) <= now; next++)
			evidence_add(&e, 1, now);
		if (evidence_says_quiet(&e, &rule, now))
			return tenth / 10.0;
	}
	return -1;
}

static void silence_counts_from_the_last_arrival(void **state)
{
	const double one[] = {3};
	assert_true(first_quiet_s(100, NULL, 0) == 2);
	/* After 3 s of 300 expected and one seen, it is over before that one comes: two seconds are enough. */
	assert_true(first_quiet_s(100, one, 1) == 2);
	const double steady[] = {0.5, 1, 1.5, 2, 2.5, 3};
	double quiet = first_quiet_s(2, steady, 6);
	assert_true(quiet > 3 + needed_s(2) - 0.2 && quiet < 3 + needed_s(2) + 0.2);
}

static void probes_that_go_on_do_not_hide_the_end_of_the_rest(void **state)
{
	double probes[60];
	for (int i = 0; i < 60; i++)
		probes[i] = i + 0.5;
	double quiet = first_quiet_s(10, probes, 60);
	assert_true(quiet >= 2 && quiet <= 4);
	/* Traffic that is hardly more than the probes is not told from them. */
	assert_true(first_quiet_s(1, probes, 60) == -1);
	assert_true(first_quiet_s(1.2, probes, 60) == -1);
}

static double drawn(void)
{
	return (double)(random() % 1000000 + 1) / 1000001.0;
}

/* Poisson arrivals that stop at `lag`: how often is their end seen before it came? */
static int early_of(double per_s, double lag, int times)
{
	int early = 0;
	for (int i = 0; i < times; i++) {
		double at[4096];
		size_t count = 0;
		for (double t = -log(drawn()) / per_s; t < lag && count < 4096; t += -log(drawn()) / per_s)
			at[count++] = t;
		double quiet = first_quiet_s(per_s, at, count);
		early += quiet >= 0 && count && quiet < at[count - 1];
	}
	return early;
}

static void a_gap_is_hardly_ever_taken_for_the_end(void **state)
{
	srandom(1);
	/* 0.1 % is asked for; of 2,000 that is 2, and 20 would be 1 %. */
	assert_true(early_of(1, 12, 2000) < 20);
	assert_true(early_of(3, 12, 2000) < 20);
	assert_true(early_of(10, 12, 2000) < 20);
	assert_true(early_of(100, 5, 500) < 5);
}

static void a_crowd_of_arrivals_is_no_silence(void **state)
{
	struct evidence e;
	evidence_begin(&e, 1000, 0);
	for (int i = 1; i <= 500; i++)
		evidence_add(&e, 3, i * NS_PER_S / 100);
	assert_false(evidence_says_quiet(&e, &rule, 5 * NS_PER_S + NS_PER_S / 100));
	assert_true(evidence_last_ns(&e) == 5 * NS_PER_S);
	assert_true(evidence_says_quiet(&e, &rule, 7 * NS_PER_S));
}

static void a_rate_is_what_came_in_the_last_minute(void **state)
{
	struct rate r;
	rate_init(&r);
	assert_true(rate_per_s(&r) == 0);
	for (int s = 0; s <= 300; s++)
		rate_look(&r, (uint64_t)(s <= 200 ? 50 * s : 10000 + 2 * (s - 200)), s * NS_PER_S);
	assert_true(fabs(rate_per_s(&r) - 2) < 1e-9);
}

static void a_crowd_that_came_at_once_is_no_steady_rate(void **state)
{
	struct rate r;
	rate_init(&r);
	assert_true(rate_steady_per_s(&r) == 0);
	rate_look(&r, 0, 0);
	rate_look(&r, 20, 5 * NS_PER_S);
	assert_true(fabs(rate_steady_per_s(&r) - 4) < 1e-9);
	/* Twenty clients have opened their connections and keep them. */
	rate_look(&r, 20, 10 * NS_PER_S);
	rate_look(&r, 21, 15 * NS_PER_S);
	assert_true(rate_per_s(&r) > 1.3);
	assert_true(rate_steady_per_s(&r) < 0.3);
}

static void a_steady_rate_is_not_hidden_by_a_pause(void **state)
{
	struct rate r;
	rate_init(&r);
	uint64_t total = 0;
	for (int step = 0; step <= 12; step++) {
		total += step == 6 ? 0 : 48 + (uint64_t)(step % 3);
		rate_look(&r, total, step * 5 * NS_PER_S);
	}
	assert_true(rate_steady_per_s(&r) > 9.5 && rate_steady_per_s(&r) < 10.1);
	/* Nor by the time before it began. */
	rate_init(&r);
	rate_look(&r, 0, 0);
	rate_look(&r, 3, 5 * NS_PER_S);
	rate_look(&r, 53, 10 * NS_PER_S);
	rate_look(&r, 103, 15 * NS_PER_S);
	assert_true(fabs(rate_steady_per_s(&r) - 10) < 1e-9);
}

static void a_rate_begins_anew_when_its_total_goes_back(void **state)
{
	struct rate r;
	rate_init(&r);
	rate_look(&r, 1000, 0);
	rate_look(&r, 2000, 10 * NS_PER_S);
	rate_look(&r, 5, 20 * NS_PER_S);
	assert_true(rate_per_s(&r) == 0);
	rate_look(&r, 25, 30 * NS_PER_S);
	assert_true(fabs(rate_per_s(&r) - 2) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gap_that_is_needed_follows_from_the_rate),
		cmocka_unit_test(silence_counts_from_the_last_arrival),
		cmocka_unit_test(probes_that_go_on_do_not_hide_the_end_of_the_rest),
		cmocka_unit_test(a_gap_is_hardly_ever_taken_for_the_end),
		cmocka_unit_test(a_crowd_of_arrivals_is_no_silence),
		cmocka_unit_test(a_rate_is_what_came_in_the_last_minute),
		cmocka_unit_test(a_crowd_that_came_at_once_is_no_steady_rate),
		cmocka_unit_test(a_steady_rate_is_not_hidden_by_a_pause),
		cmocka_unit_test(a_rate_begins_anew_when_its_total_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
