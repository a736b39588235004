// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/text.h"
#include "http/h2_preface.h"
#include "http/h2_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A server that writes down what happens, and a client (nghttp2's) that does, with two pipes of memory in between. */
struct pair {
	struct h2_server *server;
	nghttp2_session *client;
	struct text story;   /* the server's */
	struct text heard;   /* the client's */
	struct text content; /* that the client got */
	struct h2_config config;
	struct h2_request *held[64];
	size_t held_count;
	bool holds; /* requests are kept for later */
	struct h2_answer answer;
	size_t piece; /* the server's output comes in such */
};

static const struct h2_field fields[] = {{"x-pod", "a"}, {"date", "today"}};

static void answer(struct pair *p, struct h2_request *r)
{
	struct h2_answer a = p->answer;
	if (r->status)
		a = (struct h2_answer){.status = r->status};
	assert_int_equal(h2_request_answer(r, &a), 0);
}

static void on_request(struct h2_request *r, void *data)
{
	struct pair *p = data;
	text_printf(&p->story, "%s %s at %s", r->method, r->path, r->authority);
	if (r->values[0])
		text_printf(&p->story, " trace=%s", r->values[0]);
	if (r->status)
		text_printf(&p->story, " refused %d", r->status);
	else if (r->content_length)
		text_printf(&p->story, " with %zu", (size_t)r->content_length);
	text_add(&p->story, "\n");
	if (p->holds && !r->status)
		p->held[p->held_count++] = r;
	else
		answer(p, r);
}

static void on_content(struct h2_request *r, const char *bytes, size_t length, void *data)
{
	struct pair *p = data;
	if (length <= 32) {
		text_add(&p->story, "content ");
		text_append(&p->story, bytes, length);
		text_add(&p->story, "\n");
	}
}

static void on_close(struct h2_request *r, uint32_t code, void *data)
{
	struct pair *p = data;
	text_printf(&p->story, "closed %s %s\n", r->path, nghttp2_http2_strerror(code));
}

static int client_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t n,
			    const uint8_t *value, size_t m, uint8_t flags, void *data)
{
	struct pair *p = data;
	text_printf(&p->heard, "%d %s: %s\n", frame->hd.stream_id, (const char *)name, (const char *)value);
	return 0;
}

static int client_on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length,
			   void *data)
{
	struct pair *p = data;
	text_append(&p->content, (const char *)bytes, length);
	return 0;
}

static int client_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct pair *p = data;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		text_printf(&p->heard, "goaway %d %s\n", frame->goaway.last_stream_id,
			    nghttp2_http2_strerror(frame->goaway.error_code));
	if (frame->hd.type == NGHTTP2_PING && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
		text_add(&p->heard, "ping\n");
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		text_printf(&p->heard, "%d reset %s\n", frame->hd.stream_id,
			    nghttp2_http2_strerror(frame->rst_stream.error_code));
	return 0;
}

static int client_on_close(nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
	struct pair *p = data;
	text_printf(&p->heard, "%d closed %s\n", id, nghttp2_http2_strerror(code));
	return 0;
}

static void client_open(struct pair *p)
{
	nghttp2_session_callbacks *callbacks;
	assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, client_on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, client_on_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, client_on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, client_on_close);
	assert_int_equal(nghttp2_session_client_new(&p->client, callbacks, p), 0);
	nghttp2_session_callbacks_del(callbacks);
	assert_int_equal(nghttp2_submit_settings(p->client, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

static const char *const wanted[] = {"zerodrop-trace", "content-type", NULL};

static void pair_init(struct pair *p)
{
	*p = (struct pair){.story = TEXT_INIT(1 << 20), .heard = TEXT_INIT(1 << 20), .content = TEXT_INIT(8 << 20)};
	p->config = (struct h2_config){
		.limits = HTTP_LIMITS_DEFAULT,
		.wanted = wanted,
		.on_request = on_request,
		.on_content = on_content,
		.on_close = on_close,
	};
	p->answer =
		(struct h2_answer){.status = 200, .fields = fields, .field_count = 2, .content = "hello", .length = 5};
	p->piece = 64 * 1024;
	p->server = h2_server_create(&p->config, p);
	assert_non_null(p->server);
	client_open(p);
}

static void pair_finish(struct pair *p)
{
	h2_server_destroy(p->server);
	nghttp2_session_del(p->client);
	text_finish(&p->story);
	text_finish(&p->heard);
	text_finish(&p->content);
}

static bool client_speaks(struct pair *p)
{
	const uint8_t *bytes;
	ssize_t n = nghttp2_session_mem_send(p->client, &bytes);
	assert_true(n >= 0);
	if (n > 0)
		h2_server_feed(p->server, (const char *)bytes, (size_t)n);
	return n > 0;
}

static bool server_speaks(struct pair *p)
{
	char *out = malloc(p->piece);
	size_t n = h2_server_write(p->server, out, p->piece);
	if (n > 0 && p->client)
		assert_int_equal(nghttp2_session_mem_recv(p->client, (uint8_t *)out, n), n);
	free(out);
	return n > 0;
}

/* Until neither has anything more to say. */
static void talk(struct pair *p)
{
	while (server_speaks(p) | client_speaks(p))
		;
}

#define NV(name, value)                                                                                                \
	{                                                                                                              \
		(uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE               \
	}

struct upload {
	size_t left;
};

static ssize_t upload_read(nghttp2_session *session, int32_t id, uint8_t *out, size_t size, uint32_t *flags,
			   nghttp2_data_source *source, void *data)
{
	struct upload *u = source->ptr;
	size_t n = size < u->left ? size : u->left;
	memset(out, 'u', n);
	u->left -= n;
	if (!u->left)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* `more`: a field beside the four that each request has. */
static int32_t ask(struct pair *p, const char *method, const char *path, const char *name, const char *value,
		   struct upload *upload)
{
	nghttp2_nv nv[5] = {NV(":method", method), NV(":scheme", "http"), NV(":path", path), NV(":authority", "host")};
	size_t count = 4;
	if (name)
		nv[count++] = (nghttp2_nv)NV(name, value);
	nghttp2_data_provider provider = {.source.ptr = upload, .read_callback = upload_read};
	int32_t id = nghttp2_submit_request(p->client, NULL, nv, count, upload ? &provider : NULL, NULL);
	assert_true(id > 0);
	return id;
}

static void get(struct pair *p, const char *path)
{
	(void)ask(p, "GET", path, NULL, NULL, NULL);
}

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

static void shutting_down_serves_all_that_comes_before_the_peer_knows(void **state)
{
	struct pair p;
	pair_init(&p);
	talk(&p);
	p.holds = true;
	get(&p, "/1");
	talk(&p);
	h2_server_shutdown(p.server);
	h2_server_shutdown(p.server);
	get(&p, "/2"); /* crosses the notice */
	while (client_speaks(&p))
		;
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "goaway 2147483647 NO_ERROR\nping\ngoaway 3 NO_ERROR\n"));
	assert_string_equal(text_str(&p.story), "GET /1 at host\nGET /2 at host\n");
	assert_false(h2_server_is_done(p.server));
	answer(&p, p.held[1]);
	talk(&p);
	assert_false(h2_server_is_done(p.server));
	answer(&p, p.held[0]);
	talk(&p);
	assert_true(h2_server_is_done(p.server));
	assert_non_null(strstr(text_str(&p.heard), "1 closed NO_ERROR"));
	assert_non_null(strstr(text_str(&p.heard), "3 closed NO_ERROR"));
	assert_int_equal(h2_server_failure(p.server), 0);
	pair_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bytes_tell_the_version),
		cmocka_unit_test(a_request_is_answered),
		cmocka_unit_test(a_head_request_gets_the_length_only),
		cmocka_unit_test(shutting_down_serves_all_that_comes_before_the_peer_knows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
