// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The most of one unit that is read: any more is a slip. */
#define MOST INT64_C(10000000000)

static const struct {
	const char *name;
	int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}};

/* How many milliseconds the unit at *word is, past which *word goes; 0: none. */
static int64_t unit_take(const char **word)
{
	size_t length = 0;
	while (isalpha((unsigned char)(*word)[length]))
		length++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strlen(units[i].name) == length && !memcmp(*word, units[i].name, length)) {
			*word += length;
			return units[i].ms;
		}
	}
	return 0;
}

/* Digits with an optional fraction, in thousandths; a negative errno if there are none. */
static int64_t number_take(const char **word)
{
	const char *p = *word;
	int64_t value = 0;
	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if ((value = value * 10 + (*p - '0')) > MOST)
			return -EINVAL;
	value *= 1000;
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return -EINVAL;
		for (int64_t place = 100; isdigit((unsigned char)*p); p++, place /= 10)
			value += (*p - '0') * place;
	}
	*word = p;
	return value;
}

int lameduck_env_duration(const char *word, int64_t *ret_ms)
{
	if (!word || !*word)
		return 0;
	int64_t total = 0;
	for (const char *p = word; *p;) {
		bool is_first = p == word;
		int64_t thousandths = number_take(&p);
		if (thousandths < 0)
			return -EINVAL;
		int64_t unit = is_first && !*p ? 1000 : unit_take(&p);
		if (unit == 0)
			return -EINVAL;
		if (thousandths > INT64_MAX / 2 / unit)
			return -EINVAL;
		total += thousandths * unit / 1000;
		if (total > MOST)
			return -EINVAL;
	}
	*ret_ms = total;
	return 0;
}

int lameduck_env_readiness(const char *word, bool *ret_keeps)
{
	if (!word || !*word)
		return 0;
	bool keeps = !strcmp(word, "keep");
	if (!keeps && strcmp(word, "fail") != 0)
		return -EINVAL;
	*ret_keeps = keeps;
	return 0;
}
