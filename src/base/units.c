// SPDX-License-Identifier: Apache-2.0
#include "units.h"

#include "clock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
	const char *name;
	int64_t ns;
} duration_units[] = {
	/* Longer names first where one begins another. */
	{"ns", 1}, {"us", NS_PER_US}, {"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
};

/* Digits with an optional fraction. NULL when there is none. */
static const char *units_digits(const char *p, double *ret_value)
{
	if (!isdigit((unsigned char)*p))
		return NULL;
	const char *end = p;
	while (isdigit((unsigned char)*end))
		end++;
	if (*end == '.' && isdigit((unsigned char)end[1]))
		for (end++; isdigit((unsigned char)*end);)
			end++;
	if (end - p > 24)
		return NULL;
	char copy[32];
	memcpy(copy, p, (size_t)(end - p));
	copy[end - p] = '\0';
	*ret_value = strtod(copy, NULL);
	return end;
}

static const struct unit *units_find(const char *p, size_t length)
{
	for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
		if (strlen(duration_units[i].name) == length && !memcmp(p, duration_units[i].name, length))
			return &duration_units[i];
	return NULL;
}

/* The first `length` bytes of `word`. */
static int units_duration_part(const char *word, size_t length, int64_t *ret_ns)
{
	double total = 0;
	const char *p = word, *end = word + length;
	if (p == end)
		return -EINVAL;
	while (p < end) {
		double value;
		const char *unit = units_digits(p, &value);
		if (!unit || unit > end)
			return -EINVAL;
		const char *next = unit;
		while (next < end && isalpha((unsigned char)*next))
			next++;
		const struct unit *u = next == unit ? NULL : units_find(unit, (size_t)(next - unit));
		if (next == unit && !(p == word && next == end)) /* a bare number stands alone */
			return -EINVAL;
		if (next != unit && !u)
			return -EINVAL;
		total += value * (double)(u ? u->ns : NS_PER_S);
		p = next;
	}
	if (total > 9e18)
		return -ERANGE;
	*ret_ns = (int64_t)llround(total);
	return 0;
}

int units_duration(const char *word, int64_t *ret_ns, struct err *err)
{
	if (units_duration_part(word, strlen(word), ret_ns) < 0)
		return err_input(err, "'%s' is not a duration (as in 250ms, 2s, 1m30s)", word);
	return 0;
}

int units_range(const char *word, int64_t *ret_low_ns, int64_t *ret_high_ns, struct err *err)
{
	const char *dash = strchr(word, '-');
	int64_t low, high;
	if (units_duration_part(word, dash ? (size_t)(dash - word) : strlen(word), &low) < 0 ||
	    (dash && units_duration_part(dash + 1, strlen(dash + 1), &high) < 0))
		return err_input(err, "'%s' is not a duration or a range (as in 2s or 100ms-2s)", word);
	if (!dash)
		high = low;
	if (high < low)
		return err_input(err, "'%s' is a range whose end comes before its start", word);
	*ret_low_ns = low;
	*ret_high_ns = high;
	return 0;
}

static double units_factor(char letter)
{
	return letter == 'k' ? 1e3 : letter == 'M' ? 1e6 : letter == 'G' ? 1e9 : 0;
}

int units_number(const char *word, int64_t *ret_n, struct err *err)
{
	double value;
	const char *end = units_digits(word, &value);
	double factor = 1;
	if (end && *end)
		factor = units_factor(*end++);
	if (!end || *end || factor == 0 || value * factor > 9e18 || value * factor != floor(value * factor))
		return err_input(err, "'%s' is not a whole number (as in 500, 10k, 2M)", word);
	*ret_n = (int64_t)(value * factor);
	return 0;
}

int units_rate(const char *word, double *ret_per_s, struct err *err)
{
	double value;
	const char *end = units_digits(word, &value);
	double factor = 1, seconds = 1;
	if (end && *end && *end != '/')
		factor = units_factor(*end++);
	if (end && *end == '/') {
		seconds = !strcmp(end, "/s") ? 1 : !strcmp(end, "/m") ? 60 : !strcmp(end, "/h") ? 3600 : 0;
		end += strlen(end);
	}
	if (!end || *end || factor == 0 || seconds == 0)
		return err_input(err, "'%s' is not a rate (as in 200, 0.5, 10k, 30/m)", word);
	*ret_per_s = value * factor / seconds;
	return 0;
}

const char *units_show_duration(int64_t ns, char out[UNITS_SIZE])
{
	static const struct unit shown[] = {{"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1}};
	const struct unit *u = &shown[0];
	while (ns != 0 && llabs(ns) < u->ns)
		u++;
	double value = (double)ns / (double)u->ns;
	int decimals = fabs(value) >= 100 || value == floor(value) ? 0 : fabs(value) >= 10 ? 1 : 2;
	snprintf(out, UNITS_SIZE, "%.*f %s", decimals, value, u->name);
	return out;
}

const char *units_show_count(uint64_t n, char out[UNITS_SIZE])
{
	char digits[UNITS_SIZE];
	int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
	char *p = out;
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

const char *units_write_duration(int64_t ns, char out[UNITS_SIZE])
{
	static const struct unit written[] = {{"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1}};
	const struct unit *u = &written[0];
	int64_t hour = 3600 * NS_PER_S;
	if (ns && ns % hour == 0) {
		snprintf(out, UNITS_SIZE, "%" PRId64 "h", ns / hour);
		return out;
	}
	while (ns != 0 && llabs(ns) < u->ns)
		u++;
	snprintf(out, UNITS_SIZE, "%g%s", (double)ns / (double)u->ns, u->name);
	return out;
}
