// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/message.h"

#include <string.h>

static const char *const paths[] = {"/a", "/b?c", NULL};

static struct load_config config(void)
{
	return (struct load_config){
		.target_count = 2,
		.targets = {{.name = "one"}, {.name = "two", .host_header = "two:81", .path = "/own"}},
		.host_header = "shop",
		.method = "GET",
		.paths = paths,
	};
}

static void heads_are_what_goes_over_the_wire(void **state)
{
	struct load_config c = config();
	struct messages *m = NULL;
	assert_int_equal(messages_create(&c, &m, NULL), 0);
	assert_string_equal(messages_find(m, 0, 1, false)->head,
			    "GET /b?c HTTP/1.1\r\nHost: shop\r\nUser-Agent: zerodrop\r\n\r\n");
	assert_string_equal(messages_find(m, 0, 2, true)->head,
			    "GET /a HTTP/1.1\r\nHost: shop\r\nUser-Agent: zerodrop\r\nConnection: close\r\n\r\n");
	assert_string_equal(messages_find(m, 1, 5, false)->head,
			    "GET /own HTTP/1.1\r\nHost: two:81\r\nUser-Agent: zerodrop\r\n\r\n");
	messages_destroy(m);
}

static void given_headers_replace_ours(void **state)
{
	const char *const headers[] = {"host: other", "User-Agent: me", "Connection: close", NULL};
	struct load_config c = config();
	c.headers = headers;
	struct messages *m = NULL;
	assert_int_equal(messages_create(&c, &m, NULL), 0);
	assert_string_equal(messages_find(m, 0, 0, true)->head,
			    "GET /a HTTP/1.1\r\nhost: other\r\nUser-Agent: me\r\nConnection: close\r\n\r\n");
	messages_destroy(m);
}

static void a_body_has_its_length(void **state)
{
	struct load_config c = config();
	struct messages *m = NULL;
	c.method = "POST";
	assert_int_equal(messages_create(&c, &m, NULL), 0);
	assert_non_null(strstr(messages_find(m, 0, 0, false)->head, "\r\nContent-Length: 0\r\n"));
	messages_destroy(m);
	c.body = "hello";
	c.body_length = 5;
	assert_int_equal(messages_create(&c, &m, NULL), 0);
	const struct message *message = messages_find(m, 0, 0, false);
	assert_non_null(strstr(message->head, "\r\nContent-Length: 5\r\n"));
	assert_int_equal(message->body_length, 5);
	messages_destroy(m);
}

static void what_would_not_be_one_request_is_refused(void **state)
{
	static const char *const bad[] = {"no colon",     ": no name",         "a b: c",
					  "a: b\r\nc: d", "Content-Length: 1", "transfer-encoding: chunked"};
	struct messages *m = NULL;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *const headers[] = {bad[i], NULL};
		struct load_config c = config();
		c.headers = headers;
		assert_true(messages_create(&c, &m, NULL) < 0);
	}
	const char *const bad_paths[] = {"/a b", NULL};
	struct load_config c = config();
	c.paths = bad_paths;
	assert_true(messages_create(&c, &m, NULL) < 0);
	c = config();
	c.method = "GET /";
	assert_true(messages_create(&c, &m, NULL) < 0);
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_what_goes_over_the_wire),
		cmocka_unit_test(given_headers_replace_ours),
		cmocka_unit_test(a_body_has_its_length),
		cmocka_unit_test(what_would_not_be_one_request_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
