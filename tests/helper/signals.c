// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "helper/signals.h"

#include <signal.h>

static void names_and_numbers_are_signals(void **state)
{
	const struct {
		const char *word;
		int number;
	} cases[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigquit", SIGQUIT},
		{"15", 15},        {"WINCH", SIGWINCH},  {"64", 64},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int number = 0;
		assert_int_equal(signals_parse(cases[i].word, &number, NULL), 0);
		assert_int_equal(number, cases[i].number);
	}
	int number = 0;
	assert_int_equal(signals_parse("RTMIN+3", &number, NULL), 0);
	assert_int_equal(number, SIGRTMIN + 3);
	assert_int_equal(signals_parse("SIGRTMAX", &number, NULL), 0);
	assert_int_equal(number, SIGRTMAX);
}

static void other_words_are_refused(void **state)
{
	const char *words[] = {"",        "SIG",     "TERMINATE", "0",  "65",   "-1",
			       "RTMIN-1", "RTMAX+1", "RTMIN+99",  "1x", "TERM "};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct err err = {0};
		int number = 7;
		assert_true(signals_parse(words[i], &number, &err) < 0);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(number, 7);
	}
}

static void a_map_says_what_is_sent_instead(void **state)
{
	struct signals_map m = {0};
	assert_int_equal(signals_map_of(&m, SIGTERM), SIGTERM);
	assert_int_equal(signals_map_parse(&m, "QUIT", NULL), 0);
	assert_int_equal(signals_map_parse(&m, "HUP:0", NULL), 0);
	assert_int_equal(signals_map_parse(&m, "USR1:TERM", NULL), 0);
	assert_int_equal(signals_map_of(&m, SIGTERM), SIGQUIT);
	assert_int_equal(signals_map_of(&m, SIGHUP), 0);
	assert_int_equal(signals_map_of(&m, SIGUSR1), SIGTERM);
	assert_int_equal(signals_map_of(&m, SIGINT), SIGINT);
	assert_true(signals_map_parse(&m, "QUIT:", NULL) < 0);
	assert_true(signals_map_parse(&m, ":QUIT", NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_signals),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(a_map_says_what_is_sent_instead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
