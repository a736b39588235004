// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_LENGTH 12 /* of \ud83d\ude00 */

static char *skip_blanks(char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	return p;
}

/* Behind the closing quote. */
static char *skip_string(char *p, char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* Behind the bracket that closes the first one; NULL when there is none, or YAML's own quotes and comments appear. */
static char *skip_object(char *p, char *end)
{
	int depth = 0;
	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '\'' || *p == '#')
			return NULL;
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
		if (!depth)
			return p;
	}
	return NULL;
}

/* The code of `\uXXXX` when it is within 0x400 of `first`, else -1. */
static long half(const char *p, long first)
{
	char digits[5] = "";
	if (p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)p[2 + i]))
			return -1;
		digits[i] = p[2 + i];
	}
	long code = strtol(digits, NULL, 16);
	return code >= first && code < first + 0x400 ? code - first : -1;
}

/* From the opening quote to behind the closing one, with blanks there for what became shorter. */
static void join_halves(char *p, const char *end)
{
	char *out = p;
	while (p < end) {
		long high = half(p, 0xd800), low = high < 0 ? -1 : half(p + 6, 0xdc00);
		if (low >= 0) {
			char joined[PAIR_LENGTH];
			out = mempcpy(
				out, joined,
				(size_t)snprintf(joined, sizeof joined, "\\U%08lx", 0x10000 + (high << 10) + low));
			p += PAIR_LENGTH;
			continue;
		}
		bool is_escape = *p == '\\' && p + 1 < end; /* its second character begins no other */
		*out++ = *p++;
		if (is_escape)
			*out++ = *p++;
	}
	memset(out, ' ', (size_t)(end - out));
}

static void join_all_halves(char *p, char *end)
{
	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		char *behind = skip_string(p, end);
		join_halves(p, behind);
		p = behind;
	}
}

char *json_piece(char *data, char *end)
{
	char *p = skip_blanks(data, end);
	char *behind = p < end && *p == '{' ? skip_object(p, end) : NULL;
	if (!behind)
		return end;
	join_all_halves(p, behind);
	const char *next = skip_blanks(behind, end);
	return next < end && *next == '{' ? behind : end;
}
