// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "http/response.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	struct response r;
	char pod[16], upstream[32];
	size_t used;
	char body[64]; /* what was handed out */
	size_t body_length;
};

static void keep_body(const char *piece, size_t length, void *data)
{
	struct seen *s = data;
	assert_true(length > 0 && s->body_length + length < sizeof s->body);
	memcpy(s->body + s->body_length, piece, length);
	s->body_length += length;
}

static void begin(struct seen *s, bool answers_head)
{
	memset(s, 0, sizeof *s);
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{"X-Pod", s->pod, sizeof s->pod},
		{"X-Upstream", s->upstream, sizeof s->upstream},
	};
	response_init(&s->r, wanted);
	s->r.body = keep_body;
	s->r.body_data = s;
	response_begin(&s->r, answers_head);
}

/* Each piece in memory of its own size, so that reading beyond it is seen. */
static void feed(struct seen *s, const char *data, size_t length)
{
	char *copy = malloc(length ? length : 1);
	memcpy(copy, data, length);
	s->used += response_feed(&s->r, copy, length);
	free(copy);
}

/* In two pieces, and the rest byte by byte when `single`. */
static void read_cut(struct seen *s, const char *text, size_t cut, bool single, bool answers_head, bool ends)
{
	size_t length = strlen(text);
	begin(s, answers_head);
	feed(s, text, cut);
	if (single)
		for (size_t i = cut; i < length; i++)
			feed(s, text + i, 1);
	else
		feed(s, text + cut, length - cut);
	if (ends)
		response_end(&s->r);
}

#define HEAD "HTTP/1.1 200 OK\r\n"

static const struct wanted {
	const char *text;
	bool answers_head, ends;
	enum response_state state;
	int status;
	bool body_begun, keep_alive;
	size_t left; /* bytes of the text that belong to something else */
	const char *pod;
} cases[] = {
	{HEAD "Content-Length: 5\r\nX-Pod: a-1\r\n\r\nhello", 0, 0, RESPONSE_DONE, 200, 1, 1, 0, "a-1"},
	{HEAD "Content-Length: 5\r\n\r\nhelloand more", 0, 0, RESPONSE_DONE, 200, 1, 1, 8, ""},
	{HEAD "Content-Length: 0\r\n\r\nHTTP/1.1 408 Late\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 21, ""},
	{HEAD "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 0, 0, RESPONSE_DONE, 200, 1, 0, 0, ""},
	{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, 0, RESPONSE_DONE, 200, 1, 0, 0, ""},
	{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", 0, 0, RESPONSE_DONE, 200, 1, 1, 0,
	 ""},
	{HEAD "Content-Length: 5\r\n\r\nhell", 0, 1, RESPONSE_BODY, 200, 1, 0, 0, ""},
	{HEAD "Content-Le", 0, 1, RESPONSE_HEAD, 0, 0, 0, 0, ""},
	{"HTT", 0, 1, RESPONSE_HEAD, 0, 0, 0, 0, ""},
	{"", 0, 1, RESPONSE_HEAD, 0, 0, 0, 0, ""},
	{HEAD "\r\nto the end", 0, 0, RESPONSE_BODY, 200, 1, 0, 0, ""},
	{HEAD "\r\nto the end", 0, 1, RESPONSE_DONE, 200, 1, 0, 0, ""},
	{HEAD "\r\n", 0, 1, RESPONSE_DONE, 200, 1, 0, 0, ""},
	{HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 0, ""},
	{HEAD "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Pod: late\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1,
	 1, 0, ""},
	{HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0, 1, RESPONSE_BODY, 200, 1, 0, 0, ""},
	{HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n", 0, 0, RESPONSE_MALFORMED, 200, 1, 0, 0, ""},
	{HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 0, 0, RESPONSE_MALFORMED, 200, 1, 0, 0, ""},
	{HEAD "Content-Length: 5\r\n\r\n", 1, 0, RESPONSE_DONE, 200, 1, 1, 0, ""},
	{"HTTP/1.1 204 No Content\r\nX-Pod: b\r\n\r\n", 0, 0, RESPONSE_DONE, 204, 1, 1, 0, "b"},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 0, 0, RESPONSE_DONE, 304, 1, 1, 0, ""},
	{"HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 2\r\n\r\nhi", 0, 0, RESPONSE_DONE, 200, 1, 1, 0, ""},
	{"HTTP/1.1 103 Early Hints\r\nX-Pod: early\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" HEAD
	 "Content-Length: 0\r\n\r\n",
	 0, 0, RESPONSE_DONE, 200, 1, 1, 0, ""},
	{"HTTP/1.1 199 Odd\r\nContent-Length: 2\r\n\r\n" HEAD "Content-Length: 0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1,
	 1, 0, ""},
	{"HTTP/1.1 100 Continue\r\n\r\n", 0, 1, RESPONSE_HEAD, 0, 0, 0, 0, ""},
	{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz", 0, 0, RESPONSE_DONE, 101,
	 1, 0, 3, ""},
	{"HTTP/1.1 2x0 OK\r\n\r\n", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{"SSH-2.0-OpenSSH_9\r\n", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "Content-Length: -5\r\n\r\n", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "Content-Length: 99999999999999999999\r\n\r\n", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "X Pod: a\r\n\r\n", 0, 0, RESPONSE_MALFORMED, 0, 0, 0, 0, ""},
	{HEAD "x-pod:   spaces  \r\nX-Pod-Not: b\r\nContent-Length: 0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 0,
	 "spaces"},
	{HEAD "X-Pod: first\r\nX-Pod: last\r\nContent-Length: 0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 0, "last"},
	{HEAD "X-Pod: longer-than-sixteen-bytes\r\nContent-Length: 0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 0,
	 "longer-than-six"},
	{HEAD "X-Pod: b\xc3\xbc\x80\r\nContent-Length: 0\r\n\r\n", 0, 0, RESPONSE_DONE, 200, 1, 1, 0, "b???"},
};

static void check(const struct wanted *w, size_t cut, bool single)
{
	struct seen s;
	read_cut(&s, w->text, cut, single, w->answers_head, w->ends);
	if (s.r.state != w->state || s.r.status != w->status || s.r.body_begun != w->body_begun ||
	    s.r.keep_alive != w->keep_alive)
		fail_msg("cut at %zu: state %d, status %d, body begun %d, keep-alive %d of:\n%s", cut, s.r.state,
			 s.r.status, s.r.body_begun, s.r.keep_alive, w->text);
	if (w->state != RESPONSE_MALFORMED) {
		assert_int_equal(s.used, strlen(w->text) - w->left);
		assert_string_equal(s.pod, w->pod);
	}
}

static void any_cut_gives_the_same_result(void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t cut = 0; cut <= strlen(cases[i].text); cut++) {
			check(&cases[i], cut, false);
			check(&cases[i], cut, true);
		}
	}
}

static void the_body_is_handed_out_without_its_framing(void **state)
{
	static const struct {
		const char *text, *body;
		bool answers_head, ends;
	} bodies[] = {
		{HEAD "Content-Length: 5\r\n\r\nhelloand more", "hello", 0, 0},
		{HEAD "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Pod: late\r\n\r\n", "abcde",
		 0, 0},
		{"HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 2\r\n\r\nhi", "hi", 0, 0},
		{HEAD "\r\nto the end", "to the end", 0, 1},
		{HEAD "Content-Length: 5\r\n\r\n", "", 1, 0},
		{HEAD "Content-Length: 5\r\n\r\nhel", "hel", 0, 1},
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		for (size_t cut = 0; cut <= strlen(bodies[i].text); cut++) {
			for (int single = 0; single < 2; single++) {
				struct seen s;
				read_cut(&s, bodies[i].text, cut, single, bodies[i].answers_head, bodies[i].ends);
				assert_string_equal(s.body, bodies[i].body);
			}
		}
	}
}

static void one_parser_reads_many(void **state)
{
	static const char text[] = HEAD "Content-Length: 2\r\nX-Pod: a\r\n\r\nhi";
	struct seen s;
	begin(&s, false);
	for (int i = 0; i < 3; i++) {
		feed(&s, text, sizeof text - 1);
		assert_int_equal(s.body_length, 2 * (i + 1));
		assert_int_equal(s.r.state, RESPONSE_DONE);
		assert_string_equal(s.pod, "a");
		response_begin(&s.r, false);
		assert_string_equal(s.pod, "");
	}
}

static void an_endless_head_is_malformed(void **state)
{
	char line[1024];
	memset(line, 'x', sizeof line);
	line[4] = ':';
	memcpy(line + sizeof line - 2, "\r\n", 2);
	struct seen s;
	begin(&s, false);
	feed(&s, HEAD, sizeof HEAD - 1);
	int lines = 0;
	for (; s.r.state == RESPONSE_HEAD && lines < 1000; lines++)
		feed(&s, line, sizeof line);
	assert_int_equal(s.r.state, RESPONSE_MALFORMED);
	assert_in_range(lines, RESPONSE_HEAD_MAX / 1024, RESPONSE_HEAD_MAX / 1024 + 2);
}

static void a_long_name_matches_nothing(void **state)
{
	char text[512] = HEAD "X-Pod";
	memset(text + strlen(text), 'x', 300);
	strcat(text, ": a\r\nX-Pod: b\r\nContent-Length: 0\r\n\r\n");
	struct wanted w = {text, 0, 0, RESPONSE_DONE, 200, 1, 1, 0, "b"};
	for (size_t cut = 0; cut <= strlen(text); cut++)
		check(&w, cut, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cut_gives_the_same_result),
		cmocka_unit_test(the_body_is_handed_out_without_its_framing),
		cmocka_unit_test(one_parser_reads_many),
		cmocka_unit_test(an_endless_head_is_malformed),
		cmocka_unit_test(a_long_name_matches_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
