// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/arrivals.h"

#include <math.h>

#define MANY 200000
#define BINS 20

static void the_shares_are_the_whole(void **state)
{
	for (int poisson = 0; poisson <= 1; poisson++) {
		for (uint64_t shares = 1; shares <= 7; shares++) {
			struct arrivals whole, share[7];
			arrivals_init(&whole, 1234.5, poisson, 7, 0, 1);
			for (uint64_t k = 0; k < shares; k++)
				arrivals_init(&share[k], 1234.5, poisson, 7, k, shares);
			for (uint64_t i = 0; i < 1000; i++) {
				struct arrivals *s = &share[i % shares];
				assert_int_equal(s->number, i);
				assert_int_equal(arrivals_due_ns(s), arrivals_due_ns(&whole));
				arrivals_next(s);
				arrivals_next(&whole);
			}
		}
	}
}

static void constant_arrivals_are_even(void **state)
{
	struct arrivals a;
	arrivals_init(&a, 0.4, false, 0, 0, 1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(arrivals_due_ns(&a), i * 2500 * NS_PER_MS);
		arrivals_next(&a);
	}
}

static void the_same_seed_has_the_same_instants(void **state)
{
	struct arrivals a, same, other;
	int equal = 0;
	arrivals_init(&a, 100, true, 1, 0, 1);
	arrivals_init(&same, 100, true, 1, 0, 1);
	arrivals_init(&other, 100, true, 2, 0, 1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(arrivals_due_ns(&a), arrivals_due_ns(&same));
		equal += arrivals_due_ns(&a) == arrivals_due_ns(&other);
		arrivals_next(&a);
		arrivals_next(&same);
		arrivals_next(&other);
	}
	assert_true(equal < 5);
}

/* Into which of BINS equally likely ranges a gap falls. */
static int bin(double gap_s, double rate)
{
	int i = (int)((1 - exp(-gap_s * rate)) * BINS);
	return i < BINS ? i : BINS - 1;
}

/* Bounds are some five deviations wide, and the seeds are given: what is true once is true for ever. */
static void gaps_by_chance_are_exponential(void **state)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		double rate = 250, sum = 0, squares = 0, chi = 0;
		int bins[BINS] = {0};
		int64_t before = 0;
		struct arrivals a;
		arrivals_init(&a, rate, true, seed, 0, 1);
		for (int i = 0; i < MANY; i++) {
			double gap = (double)(arrivals_due_ns(&a) - before) / (double)NS_PER_S;
			assert_true(gap >= 0);
			before = arrivals_due_ns(&a);
			sum += gap;
			squares += gap * gap;
			bins[bin(gap, rate)]++;
			arrivals_next(&a);
		}
		double mean = sum / MANY, variance = squares / MANY - mean * mean, expected = (double)MANY / BINS;
		for (int i = 0; i < BINS; i++)
			chi += (bins[i] - expected) * (bins[i] - expected) / expected;
		assert_true(fabs(mean * rate - 1) < 0.011);
		assert_true(fabs(variance * rate * rate - 1) < 0.032);
		assert_true(chi < 50); /* of 19 degrees of freedom: once in 7,000 */
	}
}

/* Poisson: as many in a second as the variance says, neither bunched nor even. */
static void counts_vary_as_much_as_they_should(void **state)
{
	int counts[1000] = {0};
	double rate = 50, squares = 0;
	struct arrivals a;
	arrivals_init(&a, rate, true, 3, 0, 1);
	for (int64_t second; (second = arrivals_due_ns(&a) / NS_PER_S) < 1000; arrivals_next(&a))
		counts[second]++;
	for (int i = 0; i < 1000; i++)
		squares += (counts[i] - rate) * (counts[i] - rate);
	double dispersion = squares / 1000 / rate;
	assert_true(dispersion > 0.8 && dispersion < 1.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shares_are_the_whole),
		cmocka_unit_test(constant_arrivals_are_even),
		cmocka_unit_test(the_same_seed_has_the_same_instants),
		cmocka_unit_test(gaps_by_chance_are_exponential),
		cmocka_unit_test(counts_vary_as_much_as_they_should),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
