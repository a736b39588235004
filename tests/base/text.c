// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void grows_and_ends_in_nul(void **state)
{
	auto_text t = TEXT_INIT(1 << 20);
	for (int i = 0; i < 1000; i++)
		text_printf(&t, "%d,", i);
	assert_int_equal(strlen(text_str(&t)), t.length);
	assert_memory_equal(text_str(&t), "0,1,2,", 6);
	assert_false(t.truncated);
}

static void stops_at_its_maximum(void **state)
{
	auto_text t = TEXT_INIT(10);
	text_add(&t, "12345678");
	text_add(&t, "9abcdef");
	assert_string_equal(text_str(&t), "123456789a");
	assert_true(t.truncated);
	text_reset(&t);
	assert_string_equal(text_str(&t), "");
	assert_false(t.truncated);
}

static void long_formats_are_whole(void **state)
{
	auto_text t = TEXT_INIT(1 << 20);
	text_printf(&t, "%0500d", 7);
	assert_int_equal(t.length, 500);
	char *mine = text_steal(&t);
	assert_int_equal(strlen(mine), 500);
	free(mine);
	assert_string_equal(text_str(&t), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_ends_in_nul),
		cmocka_unit_test(stops_at_its_maximum),
		cmocka_unit_test(long_formats_are_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
