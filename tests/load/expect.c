// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/expect.h"

#include <string.h>

static void the_three_spellings_are_taken(void **state)
{
	struct expect e = {0};
	assert_int_equal(expect_parse("200,204", &e, NULL), 0);
	assert_true(e.is_set && expect_matches(200, &e) && expect_matches(204, &e));
	assert_false(expect_matches(201, &e) || expect_matches(503, &e));
	assert_int_equal(expect_parse("2xx,404,500-502", &e, NULL), 0);
	assert_true(expect_matches(200, &e) && expect_matches(299, &e) && expect_matches(404, &e));
	assert_true(expect_matches(500, &e) && expect_matches(502, &e));
	assert_false(expect_matches(300, &e) || expect_matches(503, &e) || expect_matches(405, &e));
	assert_false(expect_matches(-1, &e) || expect_matches(999, &e));
}

static void anything_else_is_named(void **state)
{
	static const char *const bad[] = {"",    ",",       "200,", "20",  "2000", "600", "099",
					  "2x0", "299-200", "200-", "abc", "200 ", "-200"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct expect e = {0};
		struct err err = {0};
		assert_true(expect_parse(bad[i], &e, &err) < 0);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_false(e.is_set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_spellings_are_taken),
		cmocka_unit_test(anything_else_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
