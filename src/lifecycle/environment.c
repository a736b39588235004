// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Milliseconds in 115 days: any more is a slip. */
#define MOST INT64_C(10000000000)
#define BILLION INT64_C(1000000000)

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

struct number {
	int64_t whole, billionths;
};

/* Digits with an optional fraction, past which *word goes. */
static bool number_take(const char **word, struct number *ret_number)
{
	const char *p = *word;
	struct number n = {0};
	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		if ((n.whole = n.whole * 10 + (*p - '0')) > MOST)
			return false;
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return false;
		for (int64_t place = BILLION / 10; isdigit((unsigned char)*p); p++, place /= 10)
			n.billionths += (*p - '0') * place;
	}
	*word = p;
	*ret_number = n;
	return true;
}

int lameduck_env_duration(const char *word, int64_t *ret_ms)
{
	if (!word || !*word)
		return 0;
	int64_t total = 0;
	for (const char *p = word; *p;) {
		bool is_first = p == word;
		struct number n;
		if (!number_take(&p, &n))
			return -EINVAL;
		int64_t unit = is_first && !*p ? 1000 : unit_take(&p);
		if (unit == 0 || n.whole > MOST / unit)
			return -EINVAL;
		total += n.whole * unit + n.billionths * unit / BILLION;
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
