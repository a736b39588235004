// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/words.h"

static void expect(const char *text, const char *const *wanted)
{
	char **words;
	assert_int_equal(words_split(text, &words, NULL), 0);
	size_t i = 0;
	for (; wanted[i]; i++)
		assert_string_equal(words[i], wanted[i]);
	assert_null(words[i]);
	words_free(words);
}

static void plain_words_need_no_shell(void **state)
{
	expect("  ./server --port 8080 ", (const char *[]){"./server", "--port", "8080", NULL});
	expect("a 'b c' \"d e\" f\\ g ''", (const char *[]){"a", "b c", "d e", "f g", "", NULL});
	expect("a'b'\"c\"", (const char *[]){"abc", NULL});
	expect("a '$x *' \"*\"", (const char *[]){"a", "$x *", "*", NULL});
}

static void anything_more_goes_to_the_shell(void **state)
{
	const char *texts[] = {"a && b", "a | b", "a; b", "X=1 a $x", "exec a $x"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect(texts[i], (const char *[]){"/bin/sh", "-c", texts[i], NULL});
}

static void one_command_takes_the_shells_place(void **state)
{
	const char *texts[][2] = {{"a $x", "exec a $x"}, {"a \"$@\"", "exec a \"$@\""}, {"a >f", "exec a >f"},
				  {"ls *", "exec ls *"}, {"a `b`", "exec a `b`"},       {"~/a", "exec ~/a"}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect(texts[i][0], (const char *[]){"/bin/sh", "-c", texts[i][1], NULL});
}

static void open_quotes_and_nothing_are_refused(void **state)
{
	char **words;
	struct err err = {0};
	assert_true(words_split("a 'b", &words, &err) < 0);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(words_split("  ", &words, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_words_need_no_shell),
		cmocka_unit_test(anything_more_goes_to_the_shell),
		cmocka_unit_test(one_command_takes_the_shells_place),
		cmocka_unit_test(open_quotes_and_nothing_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
