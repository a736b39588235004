// SPDX-License-Identifier: Apache-2.0
#include "node.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 60
#define PLAIN_MAX 70 /* a number in base 2 with its sign */

static const struct word {
	const char *text;
	enum node_kind kind;
	int number;
} words[] = {
	{"", NODE_NULL, 0},      {"~", NODE_NULL, 0},     {"null", NODE_NULL, 0},  {"Null", NODE_NULL, 0},
	{"NULL", NODE_NULL, 0},  {"true", NODE_BOOL, 1},  {"True", NODE_BOOL, 1},  {"TRUE", NODE_BOOL, 1},
	{"yes", NODE_BOOL, 1},   {"Yes", NODE_BOOL, 1},   {"YES", NODE_BOOL, 1},   {"on", NODE_BOOL, 1},
	{"On", NODE_BOOL, 1},    {"ON", NODE_BOOL, 1},    {"y", NODE_BOOL, 1},     {"Y", NODE_BOOL, 1},
	{"false", NODE_BOOL, 0}, {"False", NODE_BOOL, 0}, {"FALSE", NODE_BOOL, 0}, {"no", NODE_BOOL, 0},
	{"No", NODE_BOOL, 0},    {"NO", NODE_BOOL, 0},    {"off", NODE_BOOL, 0},   {"Off", NODE_BOOL, 0},
	{"OFF", NODE_BOOL, 0},   {"n", NODE_BOOL, 0},     {"N", NODE_BOOL, 0},
};

/* Digits in the bases of YAML 1.1 and 1.2: 12, 0x1f, 0b101, 017, 0o17, with a sign. */
static bool resolve_int(const char *text, int64_t *ret_number)
{
	const char *p = text + (*text == '-' || *text == '+');
	int base = 10;
	if (p[0] == '0' && p[1]) {
		base = p[1] == 'x' ? 16 : p[1] == 'b' ? 2 : 8;
		p += p[1] == 'x' || p[1] == 'b' || p[1] == 'o' ? 2 : 1;
	}
	char digits[PLAIN_MAX + 2];
	if (!isxdigit((unsigned char)*p)) /* strtoll would take a sign, a blank or another 0x */
		return false;
	snprintf(digits, sizeof digits, "%s%s", *text == '-' ? "-" : "", p);
	char *end;
	errno = 0;
	*ret_number = strtoll(digits, &end, base);
	return errno == 0 && !*end && (base != 16 || !strpbrk(p, "xX"));
}

/* [-+]digits.digits[e[-+]digits], at least one digit before the exponent; also .inf and .nan. */
static bool resolve_float(const char *text, double *ret_value)
{
	const char *p = text + (*text == '-' || *text == '+');
	if (!strcasecmp(p, ".inf") || !strcasecmp(p, ".nan")) {
		*ret_value = INFINITY;
		return true;
	}
	size_t whole = strspn(p, "0123456789"), part = 0;
	p += whole;
	if (*p == '.') {
		part = strspn(p + 1, "0123456789");
		p += 1 + part;
	}
	if (!whole && !part)
		return false;
	if (*p == 'e' || *p == 'E') {
		p += 1 + (p[1] == '-' || p[1] == '+');
		size_t digits = strspn(p, "0123456789");
		if (!digits)
			return false;
		p += digits;
	}
	*ret_value = strtod(text, NULL);
	return !*p;
}

/* 1_000 is 1000; false when it is longer than any number. */
static bool strip_underscores(const char *text, char out[PLAIN_MAX + 1])
{
	size_t n = 0;
	for (; *text; text++) {
		if (*text == '_')
			continue;
		if (n == PLAIN_MAX)
			return false;
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

void node_resolve(struct node *n)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!strcmp(words[i].text, n->text)) {
			n->kind = words[i].kind;
			n->number = words[i].number;
			return;
		}
	}
	n->kind = NODE_STRING;
	char plain[PLAIN_MAX + 1];
	if (!strchr("+-.0123456789", *n->text) || !strip_underscores(n->text, plain))
		return;
	double value;
	if (resolve_int(plain, &n->number)) {
		n->kind = NODE_INT;
	} else if (resolve_float(plain, &value)) {
		/* On its way through JSON 3.0 becomes 3, so the API server takes it for a whole number. */
		bool is_whole = fabs(value) < 1e15 && value == trunc(value);
		n->kind = is_whole ? NODE_INT : NODE_FLOAT;
		n->number = is_whole ? (int64_t)value : 0;
	}
}

const struct node *node_find(const struct node *map, const char *key)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++)
		if (!strcmp(map->pairs[i].key->text, key))
			return map->pairs[i].value;
	return NULL;
}

const char *node_quote(const char *text, char out[NODE_SHOW_SIZE])
{
	size_t n = 0;
	out[n++] = '\'';
	const char *p = text;
	for (; *p && n < SHOWN_MAX; p++) {
		bool is_c1 = (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
		if (is_c1)
			p++;
		out[n++] = is_c1 || (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p;
	}
	for (int i = 0; i < 3 && ((unsigned char)*p & 0xc0) == 0x80; i++) /* not in the middle of a character */
		out[n++] = *p++;
	snprintf(out + n, NODE_SHOW_SIZE - n, "%s'", *p ? "..." : "");
	return out;
}

const char *node_show(const struct node *n, char out[NODE_SHOW_SIZE])
{
	char quoted[NODE_SHOW_SIZE];
	switch (n->kind) {
	case NODE_NULL:
		return "nothing";
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		return "a mapping";
	case NODE_STRING:
		return node_quote(n->text, out);
	case NODE_BOOL:
	case NODE_INT:
	case NODE_FLOAT:
		break;
	}
	node_quote(n->text, quoted);
	quoted[strlen(quoted) - 1] = '\0'; /* numbers and booleans are shown bare */
	snprintf(out, NODE_SHOW_SIZE, "the %s %.80s", n->kind == NODE_BOOL ? "boolean" : "number", quoted + 1);
	return out;
}
