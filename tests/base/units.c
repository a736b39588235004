// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "base/units.h"

static void durations_take_units(void **state)
{
	const struct {
		const char *word;
		int64_t ns;
	} cases[] = {
		{"0", 0},
		{"2", 2 * NS_PER_S},
		{"250ms", 250 * NS_PER_MS},
		{"1.5s", 1500 * NS_PER_MS},
		{"1m30s", 90 * NS_PER_S},
		{"1h", 3600 * NS_PER_S},
		{"10us", 10000},
		{"0.25", 250 * NS_PER_MS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ns = -1;
		assert_int_equal(units_duration(cases[i].word, &ns, NULL), 0);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void durations_refuse_what_is_not_one(void **state)
{
	const char *words[] = {"",    "s",    "-1s", "+1s",          "1 s", "1x", "1s2",
			       "1.s", "..5s", "1e3", "99999999999h", "2ss", "nan"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct err err = {0};
		int64_t ns = 77;
		assert_true(units_duration(words[i], &ns, &err) < 0);
		assert_int_equal(ns, 77);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void ranges_have_two_ends(void **state)
{
	int64_t low, high;
	assert_int_equal(units_range("100ms-2s", &low, &high, NULL), 0);
	assert_int_equal(low, 100 * NS_PER_MS);
	assert_int_equal(high, 2 * NS_PER_S);
	assert_int_equal(units_range("3s", &low, &high, NULL), 0);
	assert_int_equal(low, high);
	assert_true(units_range("2s-1s", &low, &high, NULL) < 0);
	assert_true(units_range("-1s", &low, &high, NULL) < 0);
	assert_true(units_range("1s-", &low, &high, NULL) < 0);
}

static void numbers_take_multiples(void **state)
{
	int64_t n;
	assert_int_equal(units_number("10k", &n, NULL), 0);
	assert_int_equal(n, 10000);
	assert_int_equal(units_number("1.5k", &n, NULL), 0);
	assert_int_equal(n, 1500);
	assert_true(units_number("1.5", &n, NULL) < 0);
	assert_true(units_number("k", &n, NULL) < 0);
	assert_true(units_number("1kk", &n, NULL) < 0);
	assert_true(units_number("-5", &n, NULL) < 0);
}

static void rates_take_fractions_and_longer_times(void **state)
{
	const struct {
		const char *word;
		double per_s;
	} cases[] = {{"200", 200},    {"0.5", 0.5},  {"1.5k", 1500}, {"30/m", 0.5},
		     {"90/h", 0.025}, {"2M/s", 2e6}, {"0", 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double per_s = -1;
		assert_int_equal(units_rate(cases[i].word, &per_s, NULL), 0);
		assert_float_equal(per_s, cases[i].per_s, 1e-12);
	}
	const char *words[] = {"", "/m", "k", "-1", "1e3", "5/", "5/d", "5/mm", "5 /m", "5x", "5kk", "1/2", "inf"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct err err = {0};
		double per_s = 77;
		assert_true(units_rate(words[i], &per_s, &err) < 0);
		assert_float_equal(per_s, 77, 0);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void durations_are_shown_for_people(void **state)
{
	char out[UNITS_SIZE];
	assert_string_equal(units_show_duration(0, out), "0 s");
	assert_string_equal(units_show_duration(1250 * NS_PER_MS, out), "1.25 s");
	assert_string_equal(units_show_duration(340 * NS_PER_MS, out), "340 ms");
	assert_string_equal(units_show_duration(12345, out), "12.3 us");
	assert_string_equal(units_write_duration(1500 * NS_PER_MS, out), "1.5s");
	assert_string_equal(units_write_duration(90 * NS_PER_S, out), "90s");
	assert_string_equal(units_write_duration(365 * 24 * 3600 * NS_PER_S, out), "8760h");
	assert_string_equal(units_show_count(0, out), "0");
	assert_string_equal(units_show_count(999, out), "999");
	assert_string_equal(units_show_count(1234567, out), "1,234,567");
	assert_string_equal(units_show_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_take_units),
		cmocka_unit_test(durations_refuse_what_is_not_one),
		cmocka_unit_test(ranges_have_two_ends),
		cmocka_unit_test(numbers_take_multiples),
		cmocka_unit_test(rates_take_fractions_and_longer_times),
		cmocka_unit_test(durations_are_shown_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
