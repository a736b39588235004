// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/random.h"
#include "base/text.h"
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

static void tell(struct text *story, const struct request *r, enum request_event event)
{
	switch (event) {
	case REQUEST_HEAD:
		text_printf(story, "%s %.*s%s ", request_method(r), (int)r->target_length, r->target,
			    r->expects_continue ? " expects" : "");
		break;
	case REQUEST_DONE:
		text_add(story, r->keeps_alive ? "kept\n" : "last\n");
		break;
	case REQUEST_BAD:
		text_printf(story, "bad %d\n", r->status);
		break;
	case REQUEST_MORE:
		break;
	}
}

/* Feeds pieces of `low` to `high` bytes, each in memory of its own size, and writes down what happens. */
static void feed(struct text *story, const char *data, size_t length, size_t low, size_t high, uint64_t seed)
{
	struct random random = {seed};
	struct request r;
	request_init(&r);
	enum request_event event = REQUEST_MORE;
	for (size_t at = 0; at < length && event != REQUEST_BAD;) {
		size_t n = (size_t)random_between(&random, (int64_t)low, (int64_t)high), used, in = 0;
		n = n < length - at ? n : length - at;
		char *piece = malloc(n);
		memcpy(piece, data + at, n);
		do {
			event = request_feed(&r, piece + in, n - in, &used);
			tell(story, &r, event);
			in += used;
		} while (event == REQUEST_HEAD || event == REQUEST_DONE);
		free(piece);
		at += n;
	}
	if (event != REQUEST_BAD && request_has_begun(&r))
		text_add(story, "begun");
}

static void assert_story(const char *data, size_t length, const char *wanted)
{
	auto_text whole = TEXT_INIT(4096);
	feed(&whole, data, length, length, length, 0);
	assert_string_equal(text_str(&whole), wanted);
	auto_text single = TEXT_INIT(4096);
	feed(&single, data, length, 1, 1, 0);
	assert_string_equal(text_str(&single), wanted);
	for (uint64_t seed = 0; seed < 20; seed++) {
		auto_text cut = TEXT_INIT(4096);
		feed(&cut, data, length, 1, 40, seed);
		assert_string_equal(text_str(&cut), wanted);
	}
}

static void check(const char *data, const char *wanted)
{
	assert_story(data, strlen(data), wanted);
}

#define HOST "Host: a\r\n"

static void requests_come_one_after_the_other(void **state)
{
	check("GET /?wait=1 HTTP/1.1\r\n" HOST "\r\n", "GET /?wait=1 kept\n");
	check("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n\r\n", "GET / kept\n");
	check("POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhelloHEAD * HTTP/1.1\r\n" HOST "\r\nGE",
	      "POST /a kept\nHEAD * kept\nbegun");
	check("PUT / HTTP/1.1\r\n" HOST
	      "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nHost: t\r\n\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n",
	      "PUT / kept\nGET /2 kept\n");
}

static void half_a_request_is_one_that_has_begun(void **state)
{
	check("G", "begun");
	check("\r\n", "");
	check("GET / HTTP/1.1\r\n" HOST, "begun");
	check("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\na", "POST / begun");
	check("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n", "POST / begun");
}

static void connections_are_kept_as_each_version_has_it(void **state)
{
	check("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /never HTTP/1.1\r\n", "GET / last\n");
	check("GET / HTTP/1.0\r\n\r\n", "GET / last\n");
	check("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", "GET / kept\nGET /2 last\n");
	check("GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n", "GET / last\n");
}

static void continue_is_expected_where_it_may_be(void **state)
{
	check("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", "POST / expects kept\n");
	check("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "POST / last\n");
	check("POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", "bad 417\n");
	check("GET / HTTP/1.1\r\n" HOST "X-Expect: 100-continue\r\nExpectation: soup\r\n\r\n", "GET / kept\n");
}

static void nothing_can_be_smuggled(void **state)
{
	const char *both[] = {
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
		"Content-Length: +5\r\n\r\nhello",
		"Content-Length: 5, 5\r\n\r\nhello",
		"Content-Length: 99999999999999999999999\r\n\r\n",
		"Content-Length:\r\n\r\n",
		"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
		"X: a\rGET /smuggled HTTP/1.1\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
		auto_text data = TEXT_INIT(1024), story = TEXT_INIT(1024);
		text_printf(&data, "POST / HTTP/1.1\r\n" HOST "%sGET /smuggled HTTP/1.1\r\n" HOST "\r\n", both[i]);
		feed(&story, data.data, data.length, data.length, data.length, 0);
		if (!strstr(text_str(&story), "bad 400") || strstr(text_str(&story), "smuggled"))
			fail_msg("%s gave: %s", both[i], text_str(&story));
	}
}

static void what_is_malformed_is_refused(void **state)
{
	check("nonsense\r\n\r\n", "bad 400\n");
	check("GET / HTTP/1.1\r\n\r\n", "bad 400\n");
	check("GET / HTTP/1.1\r\n" HOST HOST "\r\n", "bad 400\n");
	check("GET / HTTP/1.1\n" HOST "\n", "bad 400\n");
	check("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad 400\n");
	check("GET / HTTP/1.1\r\nHo st: a\r\n\r\n", "bad 400\n");
	check("GET / HTTP/2.0\r\n" HOST "\r\n", "bad 505\n");
	check("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "bad 501\n");
	check("GET / HTTP/1.1\r\n" HOST "\r\nnonsense\r\n", "GET / kept\nbad 400\n");
	assert_story("GET /\0 HTTP/1.1\r\n\r\n", 19, "bad 400\n");
}

static void an_upgrade_is_not_taken(void **state)
{
	check("GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: websocket\r\n\r\nGET /2 HTTP/1.1\r\n" HOST
	      "\r\n",
	      "GET / kept\nGET /2 kept\n");
}

/* `before`, then as many `fill` as make `length` bytes, then `after`. */
static char *padded(const char *before, char fill, size_t length, const char *after)
{
	size_t used = strlen(before);
	char *data = malloc(length + strlen(after) + 1);
	memset(data, fill, length);
	memcpy(data, before, used);
	strcpy(data + length, after);
	return data;
}

static void check_padded(const char *before, size_t length, const char *after, const char *wanted)
{
	char *data = padded(before, 'x', length, after);
	auto_text whole = TEXT_INIT(4096), cut = TEXT_INIT(4096);
	feed(&whole, data, strlen(data), strlen(data), strlen(data), 0);
	feed(&cut, data, strlen(data), 1, 5000, 7);
	free(data);
	assert_non_null(strstr(text_str(&whole), wanted));
	assert_string_equal(text_str(&whole), text_str(&cut));
}

static void what_a_peer_may_send_is_bounded(void **state)
{
	const char *field = "GET / HTTP/1.1\r\n" HOST "X: ";
	check_padded(field, REQUEST_HEAD_MAX - 5, "\r\n\r\n", "GET / kept");
	check_padded(field, REQUEST_HEAD_MAX - 4, "\r\n\r\n", "GET / kept");
	check_padded(field, REQUEST_HEAD_MAX - 3, "\r\n\r\n", "bad 431");
	check_padded(field, REQUEST_HEAD_MAX, "", "bad 431");
	check_padded("GET /", 4 + REQUEST_TARGET_MAX, " HTTP/1.1\r\n" HOST "\r\n", "kept");
	check_padded("GET /", 4 + REQUEST_TARGET_MAX + 1, " HTTP/1.1\r\n" HOST "\r\n", "bad 414");
	check("POST / HTTP/1.1\r\n" HOST "Content-Length: 16777216\r\n\r\n", "POST / begun");
	check("POST / HTTP/1.1\r\n" HOST "Content-Length: 16777217\r\n\r\n", "bad 413\n");
	/* The bound holds for what is around the content, too. */
	check_padded("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;", REQUEST_CONTENT_MAX + 100,
		     "\r\n", "bad 413");
	check_padded("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", REQUEST_CONTENT_MAX + 100,
		     "\r\n", "bad 413");
}

static void nothing_follows_a_bad_request(void **state)
{
	struct request r;
	size_t used;
	request_init(&r);
	assert_int_equal(request_feed(&r, "?\r\n", 3, &used), REQUEST_BAD);
	assert_int_equal(request_feed(&r, "GET / HTTP/1.1\r\n" HOST "\r\n", 27, &used), REQUEST_BAD);
	assert_int_equal(r.status, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_come_one_after_the_other),
		cmocka_unit_test(half_a_request_is_one_that_has_begun),
		cmocka_unit_test(connections_are_kept_as_each_version_has_it),
		cmocka_unit_test(continue_is_expected_where_it_may_be),
		cmocka_unit_test(nothing_can_be_smuggled),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(an_upgrade_is_not_taken),
		cmocka_unit_test(what_a_peer_may_send_is_bounded),
		cmocka_unit_test(nothing_follows_a_bad_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
