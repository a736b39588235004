// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/sparkline.h"

static void check(const int64_t *values, int count, const char *blocks, const char *letters)
{
	auto_text out = TEXT_INIT(1024);
	sparkline_write(&out, values, count, true);
	assert_string_equal(text_str(&out), blocks);
	text_reset(&out);
	sparkline_write(&out, values, count, false);
	assert_string_equal(text_str(&out), letters);
}

static void values_are_drawn_against_the_largest(void **state)
{
	check((int64_t[]){0, 1, 100, 200, 300, 400, 500, 600, 700}, 9, "·▁▂▃▄▅▆▇█", "._-~=+*%#");
	check((int64_t[]){5, 5}, 2, "██", "##");
	check((int64_t[]){0, 0}, 2, "··", "..");
	check((int64_t[]){1, INT64_MAX}, 2, "▁█", "_#");
	check(NULL, 0, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_drawn_against_the_largest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
