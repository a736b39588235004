// SPDX-License-Identifier: Apache-2.0
/* What the cases in requests/ cannot say. */
#include "../unit.h"
#include "http/request.h"

#include <string.h>

static void nothing_follows_a_bad_request(void **state)
{
	struct request r;
	size_t used;
	request_init(&r);
	assert_int_equal(request_feed(&r, "?\r\n", 3, &used), REQUEST_BAD);
	assert_int_equal(request_feed(&r, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, &used), REQUEST_BAD);
	assert_int_equal(r.status, 400);
}

static void what_was_read_stays_until_the_next_feed(void **state)
{
	static const char two[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.0\r\n\r\n";
	struct request r;
	size_t used, first;
	request_init(&r);
	assert_int_equal(request_feed(&r, two, sizeof two - 1, &first), REQUEST_HEAD);
	assert_int_equal(request_feed(&r, two + first, sizeof two - 1 - first, &used), REQUEST_DONE);
	assert_int_equal(first + used, 28);
	assert_int_equal(r.target_length, 2);
	assert_memory_equal(r.target, "/1", 2);
	assert_true(r.keeps_alive && !r.is_head && !r.is_old);
	assert_false(request_has_begun(&r));
	assert_int_equal(request_feed(&r, two + 28, 20, &used), REQUEST_HEAD);
	assert_string_equal(request_method(&r), "HEAD");
	assert_memory_equal(r.target, "/2", 2);
	assert_true(r.is_head && r.is_old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_follows_a_bad_request),
		cmocka_unit_test(what_was_read_stays_until_the_next_feed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
