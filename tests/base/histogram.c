// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "base/histogram.h"

#include <stdlib.h>

static struct histogram h, other;

static void empty_is_zero(void **state)
{
	h = (struct histogram){0};
	assert_int_equal(histogram_percentile(&h, 99), 0);
	assert_true(histogram_mean(&h) == 0);
}

static void percentiles_are_within_two_percent(void **state)
{
	h = (struct histogram){0};
	for (int64_t i = 1; i <= 100000; i++)
		histogram_add(&h, i * 1000);
	const double percents[] = {1, 50, 90, 99, 99.9, 100};
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
		int64_t exact = (int64_t)(percents[i] * 1000) * 1000;
		int64_t got = histogram_percentile(&h, percents[i]);
		assert_true(got >= exact && got <= exact + exact / 50);
	}
	assert_int_equal(h.max_ns, 100000 * 1000);
}

static void small_values_are_exact_and_huge_ones_kept(void **state)
{
	h = (struct histogram){0};
	histogram_add(&h, 3);
	assert_int_equal(histogram_percentile(&h, 50), 3);
	histogram_add(&h, 100 * 3600 * NS_PER_S);
	assert_int_equal(h.max_ns, 100 * 3600 * NS_PER_S);
	assert_true(histogram_percentile(&h, 100) > 3600 * NS_PER_S);
	histogram_add(&h, -5);
	assert_int_equal(histogram_percentile(&h, 1), 0);
}

static void merging_is_adding(void **state)
{
	h = other = (struct histogram){0};
	struct histogram all = {0};
	for (int i = 0; i < 1000; i++) {
		int64_t v = (int64_t)i * i * 777;
		histogram_add(i % 2 ? &h : &other, v);
		histogram_add(&all, v);
	}
	histogram_merge(&h, &other);
	assert_memory_equal(&h, &all, sizeof h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_zero),
		cmocka_unit_test(percentiles_are_within_two_percent),
		cmocka_unit_test(small_values_are_exact_and_huge_ones_kept),
		cmocka_unit_test(merging_is_adding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
