// SPDX-License-Identifier: Apache-2.0
#include "h2_pair.h"

#include <stdio.h>

static void the_first_bytes_tell_the_version(void **state)
{
	assert_int_equal(h2_preface_find("", 0), H2_PREFACE_MORE);
	for (size_t n = 1; n < H2_PREFACE_LENGTH; n++)
		assert_int_equal(h2_preface_find(H2_PREFACE, n), H2_PREFACE_MORE);
	assert_int_equal(h2_preface_find(H2_PREFACE "\0\0\0", 27), H2_PREFACE_FOUND);
	assert_int_equal(h2_preface_find("P", 1), H2_PREFACE_MORE);
	assert_int_equal(h2_preface_find("PO", 2), H2_PREFACE_NONE);
	assert_int_equal(h2_preface_find("GET / HTTP/1.1\r\n", 16), H2_PREFACE_NONE);
	assert_int_equal(h2_preface_find("PRI * HTTP/2.0\r\n\r\nGET", 21), H2_PREFACE_NONE);
}

static void a_request_is_answered(void **state)
{
	struct pair p;
	pair_init(&p);
	(void)ask(&p, "GET", "/a?wait=1", "zerodrop-trace", "1", NULL);
	talk(&p);
	assert_string_equal(text_str(&p.story), "GET /a?wait=1 at host trace=1\nclosed /a?wait=1 NO_ERROR\n");
	assert_string_equal(text_str(&p.heard), "1 :status: 200\n1 x-pod: a\n1 date: today\n1 content-length: 5\n"
						"1 closed NO_ERROR\n");
	assert_string_equal(text_str(&p.content), "hello");
	assert_true(h2_server_is_idle(p.server));
	assert_false(h2_server_is_done(p.server));
	pair_finish(&p);
}

static void a_head_request_gets_the_length_only(void **state)
{
	struct pair p;
	pair_init(&p);
	(void)ask(&p, "HEAD", "/", NULL, NULL, NULL);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "content-length: 5\n1 closed NO_ERROR\n"));
	assert_int_equal(p.content.length, 0);
	pair_finish(&p);
}

static void content_comes_before_the_request_is_whole(void **state)
{
	struct pair p;
	pair_init(&p);
	struct upload small = {3, 2}, large = {300000, 300000};
	int32_t id = ask(&p, "POST", "/small", "content-type", "text/x", &small);
	talk(&p);
	assert_string_equal(text_str(&p.story), "content uu\n");
	small.now = 1;
	assert_int_equal(nghttp2_session_resume_data(p.client, id), 0);
	(void)ask(&p, "PUT", "/large", NULL, NULL, &large); /* larger than any window */
	talk(&p);
	assert_string_equal(text_str(&p.story), "content uu\ncontent u\nPOST /small at host with 3\n"
						"closed /small NO_ERROR\nPUT /large at host with 300000\n"
						"closed /large NO_ERROR\n");
	assert_int_equal(p.content.length, 10);
	pair_finish(&p);
}

static void expecting_to_go_on_is_answered(void **state)
{
	struct pair p;
	pair_init(&p);
	struct upload u = {3, 0};
	int32_t id = ask(&p, "POST", "/", "expect", "100-continue", &u);
	talk(&p);
	assert_string_equal(text_str(&p.heard), "1 :status: 100\n");
	u.now = 3;
	assert_int_equal(nghttp2_session_resume_data(p.client, id), 0);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "1 :status: 200\n"));
	pair_finish(&p);
}

/* One field too much for each: the answer that it gets, and that the connection is as good as before. */
static void check_refused(const char *method, const char *path, const char *name, const char *value, size_t content,
			  int status)
{
	struct pair p;
	pair_init(&p);
	p.config.limits.content_max = 1000;
	struct upload u = {content, content};
	char wanted[32];
	(void)ask(&p, method, path, name, value, content ? &u : NULL);
	(void)get(&p, "/next");
	talk(&p);
	snprintf(wanted, sizeof wanted, "1 :status: %d\n", status);
	if (!strstr(text_str(&p.heard), wanted) || !strstr(text_str(&p.heard), "1 closed NO_ERROR") ||
	    !strstr(text_str(&p.heard), "3 :status: 200\n"))
		fail_msg("%s wanted, of %s %.20s %s with %zu: %s", wanted, method, path, name, content,
			 text_str(&p.heard));
	snprintf(wanted, sizeof wanted, " refused %d\n", status);
	assert_true(status == 200 || strstr(text_str(&p.story), wanted));
	assert_int_equal(p.requests, 2);
	assert_int_equal(p.closed, 2);
	assert_true(h2_server_is_idle(p.server));
	pair_finish(&p);
}

static void what_cannot_be_taken_is_answered_with_its_status(void **state)
{
	char text[20000];
	memset(text, 'x', sizeof text);
	text[0] = '/';
	text[HTTP_TARGET_MAX] = '\0';
	check_refused("GET", text, NULL, NULL, 0, 200);
	text[HTTP_TARGET_MAX] = 'x';
	text[HTTP_TARGET_MAX + 1] = '\0';
	check_refused("GET", text, NULL, NULL, 0, 414);
	text[HTTP_TARGET_MAX + 1] = 'x';
	text[16 * 1024 - 4 * 32 - 41 - 34] = '\0'; /* the four others have 41 bytes */
	check_refused("GET", "/", "x1", text, 0, 200);
	text[16 * 1024 - 4 * 32 - 41 - 34] = 'x';
	text[16 * 1024 - 4 * 32 - 41 - 33] = '\0';
	check_refused("GET", "/", "x1", text, 0, 431);
	check_refused("POST", "/", NULL, NULL, 1000, 200);
	check_refused("POST", "/", NULL, NULL, 1001, 413);
	check_refused("POST", "/", NULL, NULL, 200000, 413);
	check_refused("POST", "/", "content-length", "1001", 1001, 413);
	check_refused("POST", "/", "expect", "200-ok", 3, 417);
	check_refused("GET", "/", "host", "host", 0, 200);
	check_refused("GET", "/", "host", "other", 0, 400);
	check_refused("GET", "/", "x",
		      "a\x01"
		      "b",
		      0, 400);
}

static void the_rest_of_what_is_refused_is_not_waited_for(void **state)
{
	struct pair p;
	pair_init(&p);
	struct upload u = {10, 5};
	(void)ask(&p, "POST", "/", "expect", "200-ok", &u);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "1 :status: 417\n1 content-length: 0\n1 reset NO_ERROR\n"));
	assert_true(h2_server_is_idle(p.server));
	pair_finish(&p);
}

static void too_many_fields_are_refused(void **state)
{
	for (size_t more = 0; more < 2; more++) {
		struct pair p;
		pair_init(&p);
		nghttp2_nv nv[101] = {NV(":method", "GET"), NV(":scheme", "http"), NV(":path", "/"), NV("host", "a")};
		for (size_t i = 4; i < 101; i++)
			nv[i] = (nghttp2_nv)NV("x", "");
		assert_int_equal(nghttp2_submit_request(p.client, NULL, nv, 100 + more, NULL, NULL), 1);
		talk(&p);
		assert_string_equal(text_str(&p.story), more ? "GET / at a refused 431\nclosed / NO_ERROR\n"
							     : "GET / at a\nclosed / NO_ERROR\n");
		pair_finish(&p);
	}
}

static void content_flows_as_the_peer_takes_it(void **state)
{
	static char large[1000000];
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 7 + i / 1000);
	const size_t pieces[] = {64 * 1024, 1000, 7};
	for (size_t i = 0; i < 6; i++) {
		struct pair p;
		pair_init(&p);
		p.piece = pieces[i % 3];
		p.answer.content = large;
		p.answer.length = sizeof large;
		p.answer.is_lasting = i < 3;
		(void)get(&p, "/large");
		talk(&p);
		assert_int_equal(p.content.length, sizeof large);
		assert_memory_equal(p.content.data, large, sizeof large);
		pair_finish(&p);
	}
}

/* A stream of "0 1 2 …" of which only so much is there at a time. */
struct tide {
	size_t next, there, all;
	int failure;
};

static ssize_t tide_read(struct h2_request *r, char *out, size_t size, void *data)
{
	struct tide *t = r->data;
	if (t->next == t->there && t->failure)
		return t->failure;
	size_t n = 0;
	while (n < size && t->next < t->there)
		out[n++] = (char)('0' + t->next++ % 10);
	return n || t->next == t->all ? (ssize_t)n : -EAGAIN;
}

static void content_may_come_bit_by_bit(void **state)
{
	struct pair p;
	struct tide t = {0, 3, 10, 0};
	pair_init(&p);
	p.holds = true;
	p.answer = (struct h2_answer){.status = 200, .read = tide_read};
	(void)get(&p, "/");
	talk(&p);
	struct h2_request *r = p.held[0];
	r->data = &t;
	pair_answer(&p, r);
	talk(&p);
	assert_string_equal(text_str(&p.content), "012");
	t.there = 7;
	h2_request_resume(r);
	h2_request_resume(r);
	talk(&p);
	assert_string_equal(text_str(&p.content), "0123456");
	assert_null(strstr(text_str(&p.story), "closed"));
	t.there = 10;
	h2_request_resume(r);
	talk(&p);
	assert_string_equal(text_str(&p.content), "0123456789");
	assert_non_null(strstr(text_str(&p.heard), "1 closed NO_ERROR"));
	pair_finish(&p);
}

static void content_that_breaks_off_is_no_whole_answer(void **state)
{
	struct pair p;
	struct tide t = {0, 3, 10, -EIO};
	pair_init(&p);
	p.holds = true;
	p.answer = (struct h2_answer){.status = 200, .read = tide_read};
	(void)get(&p, "/");
	talk(&p);
	p.held[0]->data = &t;
	pair_answer(&p, p.held[0]);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "1 closed INTERNAL_ERROR"));
	assert_string_equal(text_str(&p.story), "GET / at host\nclosed / INTERNAL_ERROR\n");
	pair_finish(&p);
}

static void trailers_come_last(void **state)
{
	static const struct h2_field trailers[] = {{"grpc-status", "0"}, {"grpc-message", ""}};
	for (size_t length = 0; length < 4; length += 3) {
		struct pair p;
		pair_init(&p);
		p.answer = (struct h2_answer){
			.status = 200, .content = "abc", .length = length, .trailers = trailers, .trailer_count = 2};
		(void)get(&p, "/");
		talk(&p);
		assert_string_equal(text_str(&p.heard),
				    "1 :status: 200\n1 grpc-status: 0\n1 grpc-message: \n1 closed NO_ERROR\n");
		assert_int_equal(p.content.length, length);
		assert_string_equal(text_str(&p.story), "GET / at host\nclosed / NO_ERROR\n");
		pair_finish(&p);
	}
}

static void answers_that_cannot_be_are_not_taken(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/");
	talk(&p);
	assert_int_equal(h2_request_answer(p.held[0], &(struct h2_answer){.status = 100}), -EINVAL);
	assert_int_equal(h2_request_answer(p.held[0], &(struct h2_answer){.status = 200, .field_count = 29}), -EINVAL);
	pair_answer(&p, p.held[0]);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "1 closed NO_ERROR"));
	pair_finish(&p);
}

static void what_the_peer_cancels_comes_back(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/1");
	struct upload u = {10, 5};
	(void)ask(&p, "POST", "/2", NULL, NULL, &u);
	talk(&p);
	assert_int_equal(nghttp2_submit_rst_stream(p.client, NGHTTP2_FLAG_NONE, 1, NGHTTP2_CANCEL), 0);
	assert_int_equal(nghttp2_submit_rst_stream(p.client, NGHTTP2_FLAG_NONE, 3, NGHTTP2_CANCEL), 0);
	talk(&p);
	assert_string_equal(text_str(&p.story), "GET /1 at host\ncontent uuuuu\nclosed /1 CANCEL\nclosed /2 CANCEL\n");
	assert_true(h2_server_is_idle(p.server));
	pair_finish(&p);
}

static void a_peer_that_cancels_without_an_error_has_no_answer(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/1");
	talk(&p);
	assert_int_equal(nghttp2_submit_rst_stream(p.client, NGHTTP2_FLAG_NONE, 1, NGHTTP2_NO_ERROR), 0);
	talk(&p);
	assert_string_equal(text_str(&p.story), "GET /1 at host\nclosed /1 CANCEL\n");
	pair_finish(&p);
}

static void what_we_give_up_says_so(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/1");
	talk(&p);
	h2_request_reset(p.held[0], NGHTTP2_REFUSED_STREAM);
	talk(&p);
	assert_string_equal(text_str(&p.story), "GET /1 at host\nclosed /1 REFUSED_STREAM\n");
	assert_string_equal(text_str(&p.heard), "1 reset REFUSED_STREAM\n1 closed REFUSED_STREAM\n");
	pair_finish(&p);
}

static void what_is_left_comes_back_at_the_end(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/1");
	talk(&p);
	h2_server_destroy(p.server);
	p.server = NULL;
	assert_string_equal(text_str(&p.story), "GET /1 at host\nclosed /1 CANCEL\n");
	pair_finish(&p);
}

static void shutting_down_serves_all_that_comes_before_the_peer_knows(void **state)
{
	struct pair p;
	pair_init(&p);
	talk(&p);
	p.holds = true;
	(void)get(&p, "/1");
	talk(&p);
	h2_server_shutdown(p.server);
	h2_server_shutdown(p.server);
	(void)get(&p, "/2"); /* crosses the notice */
	while (client_speaks(&p))
		;
	talk(&p);
	assert_string_equal(text_str(&p.heard), "goaway 2147483647 NO_ERROR\nping\ngoaway 3 NO_ERROR\n");
	assert_string_equal(text_str(&p.story), "GET /1 at host\nGET /2 at host\n");
	assert_false(h2_server_is_done(p.server));
	pair_answer(&p, p.held[1]);
	talk(&p);
	assert_false(h2_server_is_done(p.server));
	pair_answer(&p, p.held[0]);
	talk(&p);
	assert_true(h2_server_is_done(p.server));
	assert_non_null(strstr(text_str(&p.heard), "1 closed NO_ERROR"));
	assert_non_null(strstr(text_str(&p.heard), "3 closed NO_ERROR"));
	assert_int_equal(h2_server_failure(p.server), 0);
	pair_finish(&p);
}

static void what_comes_after_the_last_goaway_is_refused(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	p.holds = true;
	auto_text in = TEXT_INIT(1 << 16);
	frames_begin(&in);
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 1, FRAME_GET, FRAME_GET_LENGTH);
	h2_server_feed(p.server, in.data, in.length);
	h2_server_shutdown(p.server);
	talk(&p);
	text_reset(&in);
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 3, FRAME_GET, FRAME_GET_LENGTH);
	frame(&in, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "somebody", 8);
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 5, FRAME_GET, FRAME_GET_LENGTH);
	frame(&in, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "lameduck", 8);
	/* Nobody has asked for the last GOAWAY yet, but what it says is decided. */
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 7, FRAME_GET, FRAME_GET_LENGTH);
	h2_server_feed(p.server, in.data, in.length);
	assert_int_equal(p.requests, 3);
	text_reset(&p.raw);
	talk(&p);
	text_reset(&in);
	frame(&in, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 9, FRAME_POST, FRAME_GET_LENGTH);
	frame(&in, NGHTTP2_DATA, 0, 9, "data", 4);
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 9, "", 0);
	frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, 11, FRAME_GET, FRAME_GET_LENGTH);
	h2_server_feed(p.server, in.data, in.length);
	talk(&p);
	assert_int_equal(p.requests, 3);
	auto_text wanted = TEXT_INIT(1000);
	for (uint32_t id = 7; id <= 11; id += 2) {
		text_reset(&wanted);
		frame(&wanted, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\7", 4);
		assert_non_null(memmem(p.raw.data, p.raw.length, wanted.data, wanted.length));
	}
	text_reset(&wanted);
	frame(&wanted, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\5\0\0\0\0", 8);
	assert_non_null(memmem(p.raw.data, p.raw.length, wanted.data, wanted.length));
	while (p.held_count) {
		assert_false(h2_server_is_done(p.server));
		pair_answer(&p, p.held[0]);
		talk(&p);
	}
	assert_true(h2_server_is_done(p.server));
	pair_finish(&p);
}

static void a_server_that_has_not_been_spoken_to_can_end(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	h2_server_shutdown(p.server);
	talk(&p);
	auto_text in = TEXT_INIT(1 << 16), wanted = TEXT_INIT(1000);
	frames_begin(&in);
	frame(&in, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "lameduck", 8);
	h2_server_feed(p.server, in.data, in.length);
	assert_false(h2_server_is_done(p.server));
	talk(&p);
	frame(&wanted, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
	assert_memory_equal(p.raw.data + p.raw.length - wanted.length, wanted.data, wanted.length);
	assert_true(h2_server_is_done(p.server));
	pair_finish(&p);
}

static void dismissing_waits_for_nobody_and_cuts_nothing_whole(void **state)
{
	for (int noticed = 0; noticed < 3; noticed++) {
		struct pair p;
		pair_init(&p);
		p.holds = true;
		(void)get(&p, "/whole");
		struct upload u = {10, 5};
		(void)ask(&p, "POST", "/half", NULL, NULL, &u);
		talk(&p);
		if (noticed)
			h2_server_shutdown(p.server);
		if (noticed == 2)
			(void)server_speaks(&p);
		h2_server_dismiss(p.server);
		talk(&p);
		assert_non_null(strstr(text_str(&p.heard), "goaway 3 NO_ERROR\n"));
		assert_non_null(strstr(text_str(&p.heard), "3 closed REFUSED_STREAM\n"));
		assert_non_null(strstr(text_str(&p.story), "closed /half REFUSED_STREAM\n"));
		assert_false(h2_server_is_done(p.server));
		pair_answer(&p, p.held[0]);
		talk(&p);
		assert_non_null(strstr(text_str(&p.heard), "1 closed NO_ERROR\n"));
		assert_true(h2_server_is_done(p.server));
		pair_finish(&p);
	}
}

static void dismiss_and_answer(struct h2_request *r, void *data)
{
	struct pair *p = data;
	h2_server_dismiss(p->server);
	pair_on_request(r, data);
}

/* What came before it in the same packet is named by it. */
static void dismissing_may_be_done_in_a_callback(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	p.config.on_request = dismiss_and_answer;
	auto_text in = TEXT_INIT(1 << 16), wanted = TEXT_INIT(1000);
	frames_begin(&in);
	for (uint32_t id = 1; id <= 5; id += 2)
		frame(&in, NGHTTP2_HEADERS, FRAME_ENDS, id, FRAME_GET, FRAME_GET_LENGTH);
	h2_server_feed(p.server, in.data, in.length);
	assert_true(h2_server_wants_output(p.server));
	p.piece = 10; /* and what had to be written with it is not lost */
	talk(&p);
	assert_int_equal(p.requests, 1);
	assert_int_equal(p.closed, 1);
	frame(&wanted, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0", 8);
	assert_non_null(memmem(p.raw.data, p.raw.length, wanted.data, wanted.length));
	assert_non_null(memmem(p.raw.data, p.raw.length, "hello", 5));
	assert_true(h2_server_is_done(p.server));
	pair_finish(&p);
}

static void a_peer_that_goes_away_is_let_go(void **state)
{
	struct pair p;
	pair_init(&p);
	p.holds = true;
	(void)get(&p, "/");
	talk(&p);
	assert_int_equal(nghttp2_submit_goaway(p.client, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0), 0);
	talk(&p);
	assert_false(h2_server_is_done(p.server));
	pair_answer(&p, p.held[0]);
	talk(&p);
	assert_true(h2_server_is_done(p.server));
	pair_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bytes_tell_the_version),
		cmocka_unit_test(a_request_is_answered),
		cmocka_unit_test(a_head_request_gets_the_length_only),
		cmocka_unit_test(content_comes_before_the_request_is_whole),
		cmocka_unit_test(expecting_to_go_on_is_answered),
		cmocka_unit_test(what_cannot_be_taken_is_answered_with_its_status),
		cmocka_unit_test(the_rest_of_what_is_refused_is_not_waited_for),
		cmocka_unit_test(too_many_fields_are_refused),
		cmocka_unit_test(content_flows_as_the_peer_takes_it),
		cmocka_unit_test(content_may_come_bit_by_bit),
		cmocka_unit_test(content_that_breaks_off_is_no_whole_answer),
		cmocka_unit_test(trailers_come_last),
		cmocka_unit_test(answers_that_cannot_be_are_not_taken),
		cmocka_unit_test(what_the_peer_cancels_comes_back),
		cmocka_unit_test(a_peer_that_cancels_without_an_error_has_no_answer),
		cmocka_unit_test(what_we_give_up_says_so),
		cmocka_unit_test(what_is_left_comes_back_at_the_end),
		cmocka_unit_test(shutting_down_serves_all_that_comes_before_the_peer_knows),
		cmocka_unit_test(what_comes_after_the_last_goaway_is_refused),
		cmocka_unit_test(a_server_that_has_not_been_spoken_to_can_end),
		cmocka_unit_test(dismissing_waits_for_nobody_and_cuts_nothing_whole),
		cmocka_unit_test(dismissing_may_be_done_in_a_callback),
		cmocka_unit_test(a_peer_that_goes_away_is_let_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
