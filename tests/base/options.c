// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

static struct {
	bool quiet;
	bool color;
	char *method;
	char **headers;
	int64_t rate;
	int64_t timeout_ns;
} config;

static const struct option_spec specs[] = {
	{OPTION_SWITCH, 'q', "quiet", NULL, "say less", &config.quiet, 0, 0, NULL, NULL},
	{OPTION_SWITCH, 0, "color", NULL, "in colour", &config.color, 0, 0, NULL, NULL},
	{OPTION_TEXT, 'X', "method", "METHOD", "method", &config.method, 0, 0, NULL, NULL},
	{OPTION_TEXTS, 'H', "header", "HEADER", "header", &config.headers, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 'r', "rate", "N", "rate", &config.rate, 1, 1000000, NULL, NULL},
	{OPTION_DURATION, 0, "timeout", "T", "timeout", &config.timeout_ns, 0, 0, NULL, NULL},
	{0},
};
static const struct option_hint hints[] = {
	{"-z", "a time is --timeout here"},
	{"--latency", "that is always shown"},
	{"-quickly", "leave it out"},
	{0},
};
static const struct options options = {"test [options]", "Tests.", specs, NULL, hints};

static int parse(struct err *err, char ***arguments, int argc, ...)
{
	char *argv[16] = {"test"};
	va_list list;
	va_start(list, argc);
	for (int i = 1; i <= argc; i++)
		argv[i] = va_arg(list, char *);
	va_end(list);
	return options_parse(&options, argc + 1, argv, arguments, err);
}

static int reset(void **state)
{
	free(config.method);
	words_free(config.headers);
	memset(&config, 0, sizeof config);
	config.color = true;
	return 0;
}

static void every_spelling_is_taken(void **state)
{
	char **rest;
	assert_int_equal(parse(NULL, &rest, 11, "-q", "one", "-XPOST", "-H", "a: b", "--header=c: d", "--rate", "10k",
			       "--timeout=2s", "--no-color", "two"),
			 0);
	assert_true(config.quiet);
	assert_false(config.color);
	assert_string_equal(config.method, "POST");
	assert_int_equal(words_count(config.headers), 2);
	assert_string_equal(config.headers[1], "c: d");
	assert_int_equal(config.rate, 10000);
	assert_int_equal(config.timeout_ns, 2 * NS_PER_S);
	assert_string_equal(rest[0], "one");
	assert_string_equal(rest[1], "two");
	assert_null(rest[2]);
	free(rest);
}

static void two_dashes_end_the_options(void **state)
{
	char **rest;
	assert_int_equal(parse(NULL, &rest, 3, "--", "-q", "-"), 0);
	assert_false(config.quiet);
	assert_int_equal(words_count(rest), 2);
	free(rest);
}

static void the_bad_word_is_named(void **state)
{
	char **rest;
	const char *bad[][3] = {
		{"--nope", NULL, "no option --nope"},
		{"--rate", "x", "--rate: 'x' is not"},
		{"--rate", NULL, "--rate needs a value"},
		{"--rate", "0", "not within 1 to 1000000"},
		{"-k", NULL, "no option -k (see"},
		{"-z", "3", "no option -z: a time is --timeout here (see"},
		{"-qz3", NULL, "no option -z: a time is --timeout here (see"},
		{"--latency", NULL, "no option --latency: that is always shown (see"},
		{"--latency=1", NULL, "no option --latency: that is always shown (see"},
		{"-quickly", NULL, "no option -quickly: leave it out (see"},
		{"--quiet=1", NULL, "takes no value"},
		{"--timeout", "1x", "--timeout: '1x' is not"},
		{"--no-rate", NULL, "no option --no-rate"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = {0};
		assert_true(parse(&err, &rest, bad[i][1] ? 2 : 1, bad[i][0], bad[i][1]) < 0);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.text, bad[i][2]));
		assert_non_null(strstr(err.text, "see --help"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_spelling_is_taken, reset, reset),
		cmocka_unit_test_setup_teardown(two_dashes_end_the_options, reset, reset),
		cmocka_unit_test_setup_teardown(the_bad_word_is_named, reset, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
