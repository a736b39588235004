// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "h2_peer.h"
#include "http/h2_client.h"

#include <errno.h>
#include <stdio.h>

#define STREAMS 128

/* One request of the client's and what was told of it. */
struct asked {
	struct h2_stream stream;
	struct h2_client_request request;
	char pod[16], upstream[32];
	size_t body_length;
	int number;
};

struct pair {
	struct h2_client *client;
	struct h2_peer peer;
	struct asked asked[STREAMS];
	int count;
	struct text story;
	size_t cut; /* how many bytes the client is fed at once; 0: all */
	bool again; /* each that has ended is followed by another, from inside the event */
	int rc;
};

static const char *const ends[] = {"done", "refused", "reset", "malformed"};

static struct asked *ask(struct pair *p, const char *method, const char *body, size_t length)
{
	struct asked *a = &p->asked[p->count];
	static const char *const headers[] = {"X-Test:  Yes ", "Connection: close", NULL};
	struct h2_client_request_parts parts = {method, "http", "shop:80", "/a?b", headers, body, length, body != NULL};
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{"X-Pod", a->pod, sizeof a->pod},
		{"X-Upstream", a->upstream, sizeof a->upstream},
	};
	a->number = p->count++;
	h2_client_request_init(&a->request, &parts);
	h2_client_submit(p->client, &a->stream, &a->request, wanted);
	return a;
}

static void on_body(struct h2_stream *s, const char *bytes, size_t length, void *data)
{
	((struct asked *)s)->body_length += length;
}

static void on_ended(struct h2_stream *s, enum h2_end end, void *data)
{
	struct pair *p = data;
	struct asked *a = (struct asked *)s;
	text_printf(&p->story, "%d %s %d", a->number, ends[end], s->status);
	if (end == H2_REFUSED || end == H2_RESET)
		text_printf(&p->story, " code %u", s->code);
	if (a->body_length && end == H2_DONE)
		text_printf(&p->story, " body %zu", a->body_length);
	if (a->pod[0])
		text_printf(&p->story, " pod %s", a->pod);
	if (a->upstream[0])
		text_printf(&p->story, " upstream %s", a->upstream);
	text_add(&p->story, "\n");
	if (p->again && p->count < STREAMS && h2_client_room(p->client))
		ask(p, "GET", NULL, 0);
}

static struct pair *pair_open(uint32_t limit, size_t cut)
{
	struct pair *p = calloc(1, sizeof *p);
	static const struct h2_client_events events = {on_body, on_ended};
	p->client = h2_client_create(&events, p);
	p->story = (struct text)TEXT_INIT(1 << 20);
	p->cut = cut;
	h2_peer_open(&p->peer, limit);
	return p;
}

static void pair_close(struct pair *p)
{
	h2_client_destroy(p->client);
	h2_peer_close(&p->peer);
	for (int i = 0; i < p->count; i++)
		h2_client_request_finish(&p->asked[i].request);
	text_finish(&p->story);
	free(p);
}

/* What the client has to send, in pieces as they come; true when there was something. */
static bool client_to_peer(struct pair *p)
{
	struct iovec pieces[8];
	int n = h2_client_output(p->client, pieces, 8);
	size_t length = 0;
	for (int i = 0; i < n; i++) {
		ssize_t used = nghttp2_session_mem_recv(p->peer.session, pieces[i].iov_base, pieces[i].iov_len);
		assert_int_equal(used, pieces[i].iov_len);
		length += pieces[i].iov_len;
	}
	h2_client_taken(p->client, length);
	h2_peer_say(&p->peer);
	return n > 0;
}

/* What the peer has to say, cut as asked, each piece in memory of its own size. */
static bool peer_to_client(struct pair *p)
{
	struct text said = p->peer.out;
	p->peer.out = (struct text)TEXT_INIT(64 << 20);
	for (size_t at = 0; at < said.length && !p->rc;) {
		size_t n = p->cut && p->cut < said.length - at ? p->cut : said.length - at;
		char *piece = malloc(n);
		memcpy(piece, said.data + at, n);
		p->rc = h2_client_feed(p->client, piece, n);
		free(piece);
		at += n;
	}
	bool some = said.length > 0;
	text_finish(&said);
	return some;
}

static void settle(struct pair *p)
{
	while (client_to_peer(p) | peer_to_client(p))
		;
}

static void assert_story(struct pair *p, const char *wanted)
{
	assert_string_equal(text_str(&p->story), wanted);
}

static const size_t cuts[] = {0, 1, 2, 3, 7, 9, 10, 100};
#define each_cut(cut) (const size_t *cut = cuts; cut < cuts + sizeof cuts / sizeof *cuts; cut++)

static void a_request_arrives_as_it_was_asked(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	ask(p, "POST", "four", 4);
	ask(p, "POST", "", 0);
	settle(p);
	assert_string_equal(text_str(&p->peer.story),
			    ":method=GET :scheme=http :authority=shop:80 :path=/a?b x-test=Yes end 1\n"
			    ":method=POST :scheme=http :authority=shop:80 :path=/a?b x-test=Yes content-length=4 "
			    "end 3\n"
			    ":method=POST :scheme=http :authority=shop:80 :path=/a?b x-test=Yes content-length=0 "
			    "end 5\n");
	assert_int_equal(p->peer.body_length, 4);
	assert_true(p->asked[1].stream.is_sent);
	assert_int_equal(p->asked[1].stream.received, 0);
	pair_close(p);
}

static void a_long_body_arrives_whole(void **state)
{
	size_t length = 1000000;
	uint64_t sum = 0;
	char *body = malloc(length);
	for (size_t i = 0; i < length; i++) {
		body[i] = (char)(i % 251);
		sum += i % 251;
	}
	struct pair *p = pair_open(100, 0);
	ask(p, "POST", body, length);
	ask(p, "POST", body, length);
	settle(p);
	ask(p, "POST", body, length);
	settle(p);
	assert_int_equal(p->peer.body_length, 3 * length);
	assert_int_equal(p->peer.body_sum, 3 * sum);
	for (int i = 0; i < 3; i++)
		assert_true(p->asked[i].stream.is_sent && p->asked[i].stream.sent > length);
	pair_close(p);
	free(body);
}

static void an_answer_is_told_whole(void **state)
{
	static char long_body[100000];
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			ask(p, "HEAD", NULL, 0);
			ask(p, "GET", NULL, 0);
			ask(p, "GET", NULL, 0);
			settle(p);
			h2_peer_head(&p->peer, 1, ":status: 200\nx-pod: a-1\nx-pod: b-2\ncontent-length: 100000",
				     false);
			h2_peer_body(&p->peer, 1, long_body, sizeof long_body, false);
			h2_peer_head(&p->peer, 3, ":status: 404\ncontent-length: 77", true);
			h2_peer_head(&p->peer, 5, ":status: 103\nx-pod: early", false);
			h2_peer_head(&p->peer, 5, ":status: 503\nx-upstream: a\tb\nx-pods: no", true);
			h2_peer_head(&p->peer, 7, ":status: 200", false);
			h2_peer_body(&p->peer, 7, "hello", 5, true);
			h2_peer_head(&p->peer, 7, "x-pod: a-trailer", true);
			settle(p);
			assert_int_equal(p->rc, 0);
			assert_int_equal(h2_client_in_flight(p->client), 0);
			/* A window that is full may let the others go first. */
			if (!*cut)
				assert_story(p, "0 done 200 body 100000 pod b-2\n1 done 404\n2 done 503 upstream a?b\n"
						"3 done 200 body 5\n");
			for (int i = 0; i < 4; i++)
				assert_true(p->asked[i].stream.head_begun && p->asked[i].stream.body_begun);
			assert_true(p->asked[0].stream.received > 100000 && p->asked[0].stream.received < 101000);
			pair_close(p);
		}
}

static void a_value_is_cut_to_fit(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	h2_peer_head(&p->peer, 1, ":status: 200\nx-pod: 0123456789abcdef-and-more", true);
	settle(p);
	assert_story(p, "0 done 200 pod 0123456789abcde\n");
	pair_close(p);
}

static void a_stream_that_the_server_ends_is_told_with_its_code(void **state)
{
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			for (int i = 1; i < 5; i++)
				ask(p, "GET", NULL, 0);
			settle(p);
			h2_peer_head(&p->peer, 5, ":status: 200\nx-pod: a", false);
			nghttp2_submit_rst_stream(p->peer.session, 0, 1, NGHTTP2_REFUSED_STREAM);
			nghttp2_submit_rst_stream(p->peer.session, 0, 3, NGHTTP2_INTERNAL_ERROR);
			nghttp2_submit_rst_stream(p->peer.session, 0, 5, NGHTTP2_CANCEL);
			nghttp2_submit_rst_stream(p->peer.session, 0, 7, NGHTTP2_NO_ERROR);
			h2_peer_say(&p->peer);
			h2_peer_head(&p->peer, 9, ":status: 200", true);
			settle(p);
			assert_int_equal(p->rc, 0);
			assert_story(
				p, "0 refused 0 code 7\n1 reset 0 code 2\n2 reset 200 code 8 pod a\n3 reset 0 code 0\n"
				   "4 done 200\n");
			assert_false(p->asked[0].stream.head_begun);
			assert_true(p->asked[2].stream.body_begun);
			pair_close(p);
		}
}

static void what_goaway_leaves_out_is_refused_and_the_rest_goes_on(void **state)
{
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			ask(p, "GET", NULL, 0);
			ask(p, "GET", NULL, 0);
			settle(p);
			nghttp2_submit_shutdown_notice(p->peer.session);
			settle(p);
			assert_true(h2_client_is_closing(p->client));
			assert_int_equal(h2_client_room(p->client), 0);
			assert_int_equal(h2_client_in_flight(p->client), 3);
			nghttp2_submit_goaway(p->peer.session, 0, 3, NGHTTP2_NO_ERROR, NULL, 0);
			settle(p);
			assert_story(p, "2 refused 0 code 7\n");
			h2_peer_head(&p->peer, 1, ":status: 200", true);
			h2_peer_head(&p->peer, 3, ":status: 200", true);
			settle(p);
			assert_story(p, "2 refused 0 code 7\n0 done 200\n1 done 200\n");
			assert_int_equal(p->rc, 0);
			assert_int_equal(h2_client_in_flight(p->client), 0);
			pair_close(p);
		}
}

static void no_more_start_than_the_server_takes(void **state)
{
	struct pair *p = pair_open(3, 0);
	assert_int_equal(h2_client_room(p->client), 1);
	ask(p, "GET", NULL, 0);
	assert_int_equal(h2_client_room(p->client), 0);
	settle(p);
	assert_int_equal(h2_client_room(p->client), 2);
	ask(p, "GET", NULL, 0);
	ask(p, "GET", NULL, 0);
	assert_int_equal(h2_client_room(p->client), 0);
	settle(p);
	h2_peer_head(&p->peer, 1, ":status: 200", true);
	settle(p);
	assert_int_equal(h2_client_room(p->client), 1);
	nghttp2_settings_entry fewer = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1};
	nghttp2_submit_settings(p->peer.session, 0, &fewer, 1);
	h2_peer_say(&p->peer);
	settle(p);
	assert_int_equal(h2_client_room(p->client), 0);
	assert_int_equal(h2_client_in_flight(p->client), 2);
	pair_close(p);
}

static void the_next_request_may_start_inside_the_last_ones_end(void **state)
{
	struct pair *p = pair_open(2, 0);
	p->again = true;
	ask(p, "GET", NULL, 0);
	settle(p);
	ask(p, "GET", NULL, 0);
	settle(p);
	for (int i = 0; i < 100; i++) {
		h2_peer_head(&p->peer, 2 * i + 1, ":status: 200", true);
		settle(p);
	}
	assert_int_equal(p->count, 102);
	assert_int_equal(h2_client_in_flight(p->client), 2);
	assert_int_equal(p->rc, 0);
	pair_close(p);
}

static void an_answer_before_the_whole_request_is_an_answer(void **state)
{
	static char body[200000];
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			struct asked *a = ask(p, "POST", body, sizeof body);
			client_to_peer(p);
			h2_peer_head(&p->peer, 3, ":status: 413", true);
			peer_to_client(p);
			assert_story(p, "1 done 413\n");
			assert_false(a->stream.is_sent);
			settle(p);
			assert_true(p->peer.body_length > 0 && p->peer.body_length < sizeof body);
			assert_non_null(strstr(text_str(&p->peer.story), "reset 3 NO_ERROR"));
			ask(p, "GET", NULL, 0);
			settle(p);
			h2_peer_head(&p->peer, 5, ":status: 200", true);
			settle(p);
			assert_story(p, "1 done 413\n2 done 200\n");
			pair_close(p);
		}
}

static void a_request_given_up_is_told_to_the_server_alone(void **state)
{
	struct pair *p = pair_open(100, 0);
	struct asked *a = ask(p, "GET", NULL, 0);
	settle(p);
	ask(p, "GET", NULL, 0);
	settle(p);
	h2_client_cancel(p->client, &a->stream);
	assert_int_equal(h2_client_in_flight(p->client), 1);
	h2_peer_head(&p->peer, 1, ":status: 200", true); /* crosses it on the way */
	h2_peer_head(&p->peer, 3, ":status: 200", true);
	peer_to_client(p);
	settle(p);
	assert_story(p, "1 done 200\n");
	assert_non_null(strstr(text_str(&p->peer.story), "reset 1 CANCEL"));
	pair_close(p);
}

static void who_leaves_says_so_and_waits_for_what_is_there(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	h2_client_leave(p->client);
	h2_client_leave(p->client);
	assert_true(h2_client_is_closing(p->client) && !h2_client_is_broken(p->client));
	assert_int_equal(h2_client_room(p->client), 0);
	settle(p);
	assert_non_null(strstr(text_str(&p->peer.story), "goaway NO_ERROR\n"));
	h2_peer_head(&p->peer, 1, ":status: 200", true);
	settle(p);
	assert_story(p, "0 done 200\n");
	assert_int_equal(p->rc, 0);
	pair_close(p);
}

static void what_was_taken_out_is_known_of_each(void **state)
{
	static char body[5000];
	struct pair *p = pair_open(100, 0);
	settle(p);
	struct asked *a = ask(p, "POST", body, sizeof body), *b = ask(p, "GET", NULL, 0);
	struct iovec pieces[8];
	size_t total = 0;
	assert_int_equal(a->stream.sent + b->stream.sent, 0);
	uint64_t whole[2] = {0};
	while (h2_client_output(p->client, pieces, 8) > 0) {
		h2_client_taken(p->client, 1);
		assert_int_equal(a->stream.sent + b->stream.sent, ++total);
		for (int i = 0; i < 2; i++)
			if (p->asked[i].stream.is_sent && !whole[i])
				whole[i] = p->asked[i].stream.sent;
	}
	assert_int_equal(whole[0], a->stream.sent);
	assert_int_equal(whole[1], b->stream.sent);
	assert_true(a->stream.is_sent && b->stream.is_sent);
	assert_true(a->stream.sent > 5000 + 2 * 9 && b->stream.sent > 9);
	pair_close(p);
}

static void an_answer_that_breaks_the_rules_is_malformed_alone(void **state)
{
	static const char *const heads[] = {
		"x-pod: a",
		":status: 101",
		":status: 2x0",
		":status: 200\n:status: 200",
		":status: 200\n:path: /",
		":status: 200\nconnection: close",
		":status: 200\nx-pod: a\x01",
		":status: 200\ncontent-length: x",
		":status: 200\ncontent-length: 5\ncontent-length: 5",
		":status: 200\ncontent-length: 5",
		":status: 100",
		"x-pod: a\n:status: 200",
	};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		for
			each_cut(cut)
			{
				struct pair *p = pair_open(100, *cut);
				ask(p, "GET", NULL, 0);
				settle(p);
				ask(p, "GET", NULL, 0);
				settle(p);
				h2_peer_head(&p->peer, 1, heads[i], true);
				h2_peer_frame(&p->peer, NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\2", 4); /* comes too late */
				h2_peer_head(&p->peer, 3, ":status: 200", true);
				settle(p);
				if (strncmp(text_str(&p->story), "0 malformed 0\n1 done 200\n", 24) || p->rc)
					fail_msg("%s: %s", heads[i], text_str(&p->story));
				pair_close(p);
			}
	}
}

static void a_name_in_upper_case_is_malformed(void **state)
{
	for
		each_cut(cut)
		{
			static const char head[] = "\x88\0\5X-Pod\1a";
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			h2_peer_frame(&p->peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
				      head, sizeof head - 1);
			settle(p);
			assert_story(p, "0 malformed 0\n");
			pair_close(p);
		}
}

static void a_body_that_breaks_the_rules_is_malformed_alone(void **state)
{
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			settle(p);
			for (int i = 1; i < 4; i++)
				ask(p, "GET", NULL, 0);
			settle(p);
			h2_peer_head(&p->peer, 1, ":status: 200\ncontent-length: 4", false);
			h2_peer_body(&p->peer, 1, "short" + 2, 3, false);
			h2_peer_head(&p->peer, 3, ":status: 200\ncontent-length: 4", false);
			h2_peer_body(&p->peer, 3, "longer", 6, false);
			h2_peer_head(&p->peer, 5, ":status: 200", false);
			h2_peer_head(&p->peer, 5, ":status: 200", true);
			h2_peer_head(&p->peer, 7, ":status: 200\ncontent-length: 4", false);
			h2_peer_body(&p->peer, 7, "four", 4, false);
			settle(p);
			assert_int_equal(p->rc, 0);
			assert_story(p, "0 malformed 200\n1 malformed 200\n2 malformed 200\n3 done 200 body 4\n");
			assert_true(p->asked[0].stream.body_begun);
			pair_close(p);
		}
}

static void a_head_without_end_is_bounded(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	char *head = malloc(RESPONSE_HEAD_MAX + 65536), *at = head + sprintf(head, ":status: 200");
	for (int i = 0; i < 9; i++)
		at += sprintf(at, "\nx-%d: %0*d", i, 30000, i);
	h2_peer_head(&p->peer, 1, head, true);
	assert_true(p->peer.out.length < H2_BLOCK_MAX);
	settle(p);
	free(head);
	if (p->rc) /* a session that counts CONTINUATIONs has said so first */
		assert_story(p, "");
	else
		assert_story(p, "0 malformed 0\n");
	pair_close(p);

	p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	char junk[16384];
	memset(junk, 0x80 | 2, sizeof junk); /* ":method: GET" over and over */
	h2_peer_frame(&p->peer, NGHTTP2_HEADERS, 0, 1, junk, sizeof junk);
	for (int i = 0; i < 100 && !p->rc; i++) {
		h2_peer_frame(&p->peer, NGHTTP2_CONTINUATION, 0, 1, junk, sizeof junk);
		peer_to_client(p);
	}
	assert_int_equal(p->rc, -EPROTO);
	pair_close(p);
}

static void a_connection_that_breaks_the_rules_is_broken(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} wrongs[] = {
#define BYTES(text) {text, sizeof text - 1}
		BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"),
		BYTES("\0\0\5\0\1\0\0\0\1hello"),                  /* DATA before the head */
		BYTES("\0\0\1\1\5\0\0\0\7\x88"),                   /* a head for nobody */
		BYTES("\0\0\1\1\5\0\0\0\1\xff"),                   /* no HPACK */
		BYTES("\0\0\1\1\1\0\0\0\1\x88\0\0\0\6\0\0\0\0\0"), /* a PING inside a head */
		BYTES("\0\0\4\3\0\0\0\0\7\0\0\0\0"),               /* a reset for nobody */
		BYTES("\0\0\4\x08\0\0\0\0\0\0\0\0\0"),             /* a window that grows by nothing */
		BYTES("\1\0\0\0\1\0\0\0\1"),                       /* a frame too long */
		BYTES("\0\0\5\5\4\0\0\0\1\0\0\0\2\x88"),           /* a push, though nobody wants one */
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		for
			each_cut(cut)
			{
				struct pair *p = pair_open(100, *cut);
				ask(p, "GET", NULL, 0);
				settle(p);
				text_append(&p->peer.out, wrongs[i].bytes, wrongs[i].length);
				peer_to_client(p);
				if (p->rc != -EPROTO)
					fail_msg("wrong %zu is taken", i);
				assert_true(h2_client_is_closing(p->client) && h2_client_is_broken(p->client));
				assert_int_equal(h2_client_room(p->client), 0);
				assert_int_equal(h2_client_in_flight(p->client), 1);
				assert_story(p, "");
				client_to_peer(p);
				if (!strstr(text_str(&p->peer.story), "goaway"))
					fail_msg("wrong %zu cut %zu: %s", i, *cut, text_str(&p->peer.story));
				assert_int_equal(h2_client_feed(p->client, "more", 4), -EPROTO);
				pair_close(p);
			}
	}
}

static void the_servers_first_word_is_its_settings(void **state)
{
	for
		each_cut(cut)
		{
			struct pair *p = pair_open(100, *cut);
			ask(p, "GET", NULL, 0);
			h2_peer_frame(&p->peer, NGHTTP2_PING, 0, 0, "12345678", 8);
			peer_to_client(p);
			assert_int_equal(p->rc, -EPROTO);
			pair_close(p);
		}
}

static void a_head_that_has_begun_is_known(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	struct h2_stream *s = &p->asked[0].stream;
	h2_peer_head(&p->peer, 1, ":status: 200\nx-pod: a", true);
	p->peer.out.length--;
	char last = p->peer.out.data[p->peer.out.length];
	peer_to_client(p);
	assert_true(s->head_begun && !s->body_begun && s->received > 9 && !s->status);
	assert_int_equal(h2_client_feed(p->client, &last, 1), 0);
	assert_story(p, "0 done 200 pod a\n");
	pair_close(p);
}

/* The peer does not read: what it makes us answer is bounded, and found out. */
static void a_flood_of_pings_is_bounded(void **state)
{
	struct pair *p = pair_open(100, 0);
	ask(p, "GET", NULL, 0);
	settle(p);
	for (int i = 0; i < 20000 && !p->rc; i++) {
		h2_peer_frame(&p->peer, NGHTTP2_PING, 0, 0, "12345678", 8);
		peer_to_client(p);
	}
	assert_int_equal(p->rc, -EPROTO);
	pair_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_arrives_as_it_was_asked),
		cmocka_unit_test(a_long_body_arrives_whole),
		cmocka_unit_test(an_answer_is_told_whole),
		cmocka_unit_test(a_value_is_cut_to_fit),
		cmocka_unit_test(a_stream_that_the_server_ends_is_told_with_its_code),
		cmocka_unit_test(what_goaway_leaves_out_is_refused_and_the_rest_goes_on),
		cmocka_unit_test(no_more_start_than_the_server_takes),
		cmocka_unit_test(the_next_request_may_start_inside_the_last_ones_end),
		cmocka_unit_test(an_answer_before_the_whole_request_is_an_answer),
		cmocka_unit_test(a_request_given_up_is_told_to_the_server_alone),
		cmocka_unit_test(who_leaves_says_so_and_waits_for_what_is_there),
		cmocka_unit_test(what_was_taken_out_is_known_of_each),
		cmocka_unit_test(an_answer_that_breaks_the_rules_is_malformed_alone),
		cmocka_unit_test(a_name_in_upper_case_is_malformed),
		cmocka_unit_test(a_body_that_breaks_the_rules_is_malformed_alone),
		cmocka_unit_test(a_head_without_end_is_bounded),
		cmocka_unit_test(a_connection_that_breaks_the_rules_is_broken),
		cmocka_unit_test(the_servers_first_word_is_its_settings),
		cmocka_unit_test(a_head_that_has_begun_is_known),
		cmocka_unit_test(a_flood_of_pings_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
