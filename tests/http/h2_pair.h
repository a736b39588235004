/* h2_pair.h - a server that writes down what happens, and a client (nghttp2's) that does too, with two pipes of memory
 * in between. Without the client, bytes may be fed that no client would send. */
#ifndef TESTS_H2_PAIR_H
#define TESTS_H2_PAIR_H

#include "../unit.h"
#include "base/text.h"
#include "http/h2_preface.h"
#include "http/h2_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_HELD_MAX H2_STREAMS_MAX

struct pair {
	struct h2_server *server;
	nghttp2_session *client; /* NULL: none */
	struct text story;       /* what the server saw */
	struct text heard;       /* what the client saw */
	struct text content;     /* that the client got */
	struct text raw;         /* what the server sent, without a client */
	size_t requests, closed;
	bool is_quiet; /* no story */

	/* What the server does. */
	struct h2_answer answer;
	bool holds; /* requests are kept for later */
	struct h2_request *held[PAIR_HELD_MAX];
	size_t held_count;
	size_t piece; /* its output comes in such */

	struct h2_config config;
	nghttp2_mem memory;
	size_t used, used_most; /* by the server's session */
};

static const struct h2_field pair_fields[] = {{"x-pod", "a"}, {"date", "today"}};
static const char *const pair_wanted[] = {"zerodrop-trace", "content-type", NULL};

static inline void *counted_realloc(void *old, size_t size, void *data)
{
	struct pair *p = data;
	size_t *block = old ? (size_t *)old - 2 : NULL;
	p->used -= block ? *block : 0;
	block = realloc(block, size + 2 * sizeof *block);
	*block = size;
	p->used += size;
	p->used_most = p->used > p->used_most ? p->used : p->used_most;
	return block + 2;
}

static inline void *counted_malloc(size_t size, void *data)
{
	return counted_realloc(NULL, size, data);
}

static inline void *counted_calloc(size_t count, size_t size, void *data)
{
	return memset(counted_realloc(NULL, count * size, data), 0, count * size);
}

static inline void counted_free(void *old, void *data)
{
	struct pair *p = data;
	if (!old)
		return;
	p->used -= *((size_t *)old - 2);
	free((size_t *)old - 2);
}

static inline void pair_answer(struct pair *p, struct h2_request *r)
{
	struct h2_answer a = p->answer;
	if (r->status)
		a = (struct h2_answer){.status = r->status};
	assert_int_equal(h2_request_answer(r, &a), 0);
	assert_int_equal(h2_request_answer(r, &a), -EALREADY);
}

static inline void pair_on_request(struct h2_request *r, void *data)
{
	struct pair *p = data;
	p->requests++;
	if (!p->is_quiet) {
		text_printf(&p->story, "%s %s at %s", r->method, r->path, r->authority);
		if (r->values[0])
			text_printf(&p->story, " trace=%s", r->values[0]);
		if (r->status)
			text_printf(&p->story, " refused %d", r->status);
		else if (r->content_length)
			text_printf(&p->story, " with %zu", (size_t)r->content_length);
		text_add(&p->story, "\n");
	}
	if (p->holds && !r->status)
		p->held[p->held_count++] = r;
	else
		pair_answer(p, r);
}

static inline void pair_on_content(struct h2_request *r, const char *bytes, size_t length, void *data)
{
	struct pair *p = data;
	if (p->is_quiet || length > 8)
		return;
	text_add(&p->story, "content ");
	text_append(&p->story, bytes, length);
	text_add(&p->story, "\n");
}

static inline void pair_on_close(struct h2_request *r, uint32_t code, void *data)
{
	struct pair *p = data;
	p->closed++;
	if (!p->is_quiet)
		text_printf(&p->story, "closed %s %s\n", r->path, nghttp2_http2_strerror(code));
	for (size_t i = 0; i < p->held_count; i++)
		if (p->held[i] == r)
			p->held[i] = p->held[--p->held_count];
}

static inline int client_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t n,
				   const uint8_t *value, size_t m, uint8_t flags, void *data)
{
	struct pair *p = data;
	if (!p->is_quiet)
		text_printf(&p->heard, "%d %s: %s\n", frame->hd.stream_id, (const char *)name, (const char *)value);
	return 0;
}

static inline int client_on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
				  size_t length, void *data)
{
	struct pair *p = data;
	text_append(&p->content, (const char *)bytes, length);
	return 0;
}

static inline int client_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
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

static inline int client_on_close(nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
	struct pair *p = data;
	if (!p->is_quiet)
		text_printf(&p->heard, "%d closed %s\n", id, nghttp2_http2_strerror(code));
	return 0;
}

static inline void client_open(struct pair *p)
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

/* Without a client: h2_pair_raw. */
static inline void pair_init_raw(struct pair *p)
{
	*p = (struct pair){
		.story = TEXT_INIT(1 << 20),
		.heard = TEXT_INIT(1 << 20),
		.content = TEXT_INIT(8 << 20),
		.raw = TEXT_INIT(8 << 20),
		.answer = {.status = 200, .fields = pair_fields, .field_count = 2, .content = "hello", .length = 5},
		.piece = 64 * 1024,
		.memory = {p, counted_malloc, counted_free, counted_calloc, counted_realloc},
		.config =
			{
				.limits = HTTP_LIMITS_DEFAULT,
				.wanted = pair_wanted,
				.on_request = pair_on_request,
				.on_content = pair_on_content,
				.on_close = pair_on_close,
				.memory = &p->memory,
			},
	};
	p->server = h2_server_create(&p->config, p);
	assert_non_null(p->server);
}

static inline void pair_init(struct pair *p)
{
	pair_init_raw(p);
	client_open(p);
}

/* What was told of has come to its end once, and no memory is left. */
static inline void pair_finish(struct pair *p)
{
	h2_server_destroy(p->server);
	assert_int_equal(p->used, 0);
	assert_int_equal(p->held_count, 0);
	nghttp2_session_del(p->client);
	text_finish(&p->story);
	text_finish(&p->heard);
	text_finish(&p->content);
	text_finish(&p->raw);
}

static inline bool client_speaks(struct pair *p)
{
	const uint8_t *bytes;
	ssize_t n = nghttp2_session_mem_send(p->client, &bytes);
	assert_true(n >= 0);
	if (n > 0)
		h2_server_feed(p->server, (const char *)bytes, (size_t)n);
	return n > 0;
}

static inline bool server_speaks(struct pair *p)
{
	char *out = malloc(p->piece);
	size_t n = h2_server_write(p->server, out, p->piece);
	if (n > 0 && p->client)
		assert_int_equal(nghttp2_session_mem_recv(p->client, (uint8_t *)out, n), n);
	else if (n > 0)
		text_append(&p->raw, out, n);
	free(out);
	return n > 0;
}

/* Until neither has anything more to say. */
static inline void talk(struct pair *p)
{
	bool more = true;
	while (more) {
		more = server_speaks(p);
		more = (p->client && client_speaks(p)) || more;
	}
}

#define NV(name, value)                                                                                                \
	{                                                                                                              \
		(uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE               \
	}

/* Content of a request: `left` bytes, and no more than `now` of them until the client is resumed. */
struct upload {
	size_t left, now;
};

static inline ssize_t upload_read(nghttp2_session *session, int32_t id, uint8_t *out, size_t size, uint32_t *flags,
				  nghttp2_data_source *source, void *data)
{
	struct upload *u = source->ptr;
	size_t n = u->left < u->now ? u->left : u->now;
	n = size < n ? size : n;
	memset(out, 'u', n);
	u->left -= n;
	u->now -= n;
	if (!u->left)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n || !u->left ? (ssize_t)n : NGHTTP2_ERR_DEFERRED;
}

/* `more`: a field beside the four that each request has. */
static inline int32_t ask(struct pair *p, const char *method, const char *path, const char *name, const char *value,
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

static inline int32_t get(struct pair *p, const char *path)
{
	return ask(p, "GET", path, NULL, NULL, NULL);
}

/* One frame, as it goes over the wire. */
static inline void frame(struct text *out, uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t length)
{
	const uint8_t head[] = {(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,    type,       flags,
				(uint8_t)(id >> 24),     (uint8_t)(id >> 16),    (uint8_t)(id >> 8), (uint8_t)id};
	text_append(out, (const char *)head, sizeof head);
	text_append(out, payload, length);
}

/* GET / at "a": three fields of HPACK's static table and one written out. */
#define FRAME_GET                                                                                                      \
	"\x82\x86\x84\x41\x01"                                                                                         \
	"a"
#define FRAME_GET_LENGTH 6
#define FRAME_POST                                                                                                     \
	"\x83\x86\x84\x41\x01"                                                                                         \
	"a"
#define FRAME_ENDS (NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS)

/* The preface and empty SETTINGS, which every connection begins with. */
static inline void frames_begin(struct text *out)
{
	text_add(out, H2_PREFACE);
	frame(out, NGHTTP2_SETTINGS, 0, 0, "", 0);
}

#endif
