// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "helper/probe.h"

static void each_page_has_its_truth(void **state)
{
	assert_int_equal(probe_answer("GET /readyz HTTP/1.1\r\n", true), 200);
	assert_int_equal(probe_answer("GET /readyz HTTP/1.1\r\n", false), 503);
	assert_int_equal(probe_answer("GET /ready?verbose HTTP/1.1\r\n", false), 503);
	assert_int_equal(probe_answer("GET /livez HTTP/1.1\r\n", false), 200);
	assert_int_equal(probe_answer("HEAD /alive HTTP/1.0\r\n", false), 200);
	assert_int_equal(probe_answer("GET /readyzz HTTP/1.1\r\n", true), 404);
	assert_int_equal(probe_answer("GET / HTTP/1.1\r\n", true), 404);
	assert_int_equal(probe_answer("\x16\x03\x01", true), 400);
	assert_int_equal(probe_answer("", true), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_page_has_its_truth)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
