// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "manifest/node.h"

#include <string.h>

static const struct {
	const char *text;
	enum node_kind kind;
	int64_t number;
} scalars[] = {
	/* As kubectl 1.32 was seen to take them. */
	{"", NODE_NULL, 0},
	{"~", NODE_NULL, 0},
	{"Null", NODE_NULL, 0},
	{"y", NODE_BOOL, 1},
	{"yes", NODE_BOOL, 1},
	{"on", NODE_BOOL, 1},
	{"TRUE", NODE_BOOL, 1},
	{"tRue", NODE_STRING, 0},
	{"off", NODE_BOOL, 0},
	{"3", NODE_INT, 3},
	{"+3", NODE_INT, 3},
	{"-1", NODE_INT, -1},
	{"010", NODE_INT, 8},
	{"08", NODE_INT, 8},
	{"0o7", NODE_INT, 7},
	{"-0o7", NODE_INT, -7},
	{"0x10", NODE_INT, 16},
	{"-0x5", NODE_INT, -5},
	{"0b11", NODE_INT, 3},
	{"0b12", NODE_STRING, 0},
	{"0x", NODE_STRING, 0},
	{"0x0x1", NODE_STRING, 0},
	{"0x-1", NODE_STRING, 0},
	{"--1", NODE_STRING, 0},
	{"0o+7", NODE_STRING, 0},
	{"1 2", NODE_STRING, 0},
	{"00000000000000000000000000000000000000000000000000000000000000000000000000001", NODE_STRING, 0},
	{"0o", NODE_STRING, 0},
	{"1_000", NODE_INT, 1000},
	{"1__0", NODE_INT, 10},
	{"0_7", NODE_INT, 7},
	{"_1", NODE_STRING, 0},
	{"3.0", NODE_INT, 3},
	{"1e3", NODE_INT, 1000},
	{"-.5", NODE_FLOAT, 0},
	{"1_0.5", NODE_FLOAT, 0},
	{"1.5e", NODE_STRING, 0},
	{".", NODE_STRING, 0},
	{"+", NODE_STRING, 0},
	{"1:30", NODE_STRING, 0},
	{"1.2.3", NODE_STRING, 0},
	{"2026-01-02", NODE_STRING, 0},
	{"9223372036854775807", NODE_INT, INT64_MAX},
	{"9223372036854775808", NODE_FLOAT, 0},
	{"=", NODE_STRING, 0},
	{"127.0.0.1", NODE_STRING, 0},
	{"-", NODE_STRING, 0},
};

static void scalars_are_what_kubectl_takes_them_for(void **state)
{
	for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
		struct node n = {.text = scalars[i].text};
		node_resolve(&n);
		if (n.kind != scalars[i].kind || (n.kind == NODE_INT && n.number != scalars[i].number))
			fail_msg("'%s' is %d, %lld", n.text, n.kind, (long long)n.number);
	}
}

static void what_is_shown_fits_in_one_line(void **state)
{
	char out[NODE_SHOW_SIZE];
	assert_string_equal(node_quote("a\nb\x1b[0m\x7f-\xc2\x85", out), "'a?b?[0m?-?'");
	char text[200];
	memset(text, 'x', sizeof text);
	text[199] = '\0';
	assert_int_equal(strlen(node_quote(text, out)), 64);
	assert_string_equal(out + 59, "x...'");
	/* Cut behind a character, not in it. */
	memcpy(text + 58, "\xf0\x9f\x98\x80", 4);
	assert_string_equal(node_quote(text, out) + 59, "\xf0\x9f\x98\x80...'");
	const struct node n = {.kind = NODE_INT, .text = "12"};
	assert_string_equal(node_show(&n, out), "the number 12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_what_kubectl_takes_them_for),
		cmocka_unit_test(what_is_shown_fits_in_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
