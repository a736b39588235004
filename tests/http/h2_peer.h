/* h2_peer.h - the server's side of an HTTP/2 connection in memory: nghttp2's own, so that nobody marks his own work. It
 * writes down what comes, and says whatever it is told to, right or wrong. */
#ifndef TESTS_HTTP_H2_PEER_H
#define TESTS_HTTP_H2_PEER_H

#include "base/text.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

struct h2_peer {
	nghttp2_session *session;
	struct text story; /* what came */
	struct text out;   /* what is to be fed to the client */
	uint64_t body_sum; /* of all bytes of all bodies */
	size_t body_length;
	const char *answer; /* what is left of the body that is being sent */
	size_t answer_length;
	bool cuts_short; /* the body's end is not said */
};

static int peer_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
			  const uint8_t *value, size_t length, uint8_t flags, void *data)
{
	struct h2_peer *p = data;
	text_printf(&p->story, "%.*s=%.*s ", (int)name_length, (const char *)name, (int)length, (const char *)value);
	return 0;
}

static int peer_on_body(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length,
			void *data)
{
	struct h2_peer *p = data;
	p->body_length += length;
	for (size_t i = 0; i < length; i++)
		p->body_sum += bytes[i];
	return 0;
}

static int peer_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct h2_peer *p = data;
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		text_printf(&p->story, "end %d\n", frame->hd.stream_id);
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		text_printf(&p->story, "reset %d %s\n", frame->hd.stream_id,
			    nghttp2_http2_strerror(frame->rst_stream.error_code));
	if (frame->hd.type == NGHTTP2_GOAWAY)
		text_printf(&p->story, "goaway %s\n", nghttp2_http2_strerror(frame->goaway.error_code));
	return 0;
}

/* `limit`: requests at the same time. */
static inline void h2_peer_open(struct h2_peer *p, uint32_t limit)
{
	*p = (struct h2_peer){.story = TEXT_INIT(1 << 20), .out = TEXT_INIT(64 << 20)};
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, peer_on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, peer_on_body);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, peer_on_frame);
	nghttp2_option_new(&option);
	nghttp2_option_set_no_http_messaging(option, 1); /* so that it can be wrong */
	nghttp2_option_set_max_send_header_block_length(option, 2 << 20);
	nghttp2_session_server_new2(&p->session, callbacks, p, option);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limit}};
	nghttp2_submit_settings(p->session, NGHTTP2_FLAG_NONE, settings, 1);
}

static inline void h2_peer_close(struct h2_peer *p)
{
	nghttp2_session_del(p->session);
	text_finish(&p->story);
	text_finish(&p->out);
}

/* What it has to say goes to `out`. */
static inline void h2_peer_say(struct h2_peer *p)
{
	const uint8_t *bytes;
	ssize_t n;
	while ((n = nghttp2_session_mem_send(p->session, &bytes)) > 0)
		text_append(&p->out, (const char *)bytes, (size_t)n);
}

static ssize_t peer_give(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t length, uint32_t *flags,
			 nghttp2_data_source *source, void *data)
{
	struct h2_peer *p = data;
	size_t n = p->answer_length < length ? p->answer_length : length;
	memcpy(buffer, p->answer, n);
	p->answer += n;
	p->answer_length -= n;
	if (p->cuts_short && !n)
		return NGHTTP2_ERR_DEFERRED;
	if (!p->answer_length && !p->cuts_short)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

#define PEER_FIELDS_MAX 32

/* `head`: "name: value" lines with '\n' between them. `ends`: there is no body. */
static inline void h2_peer_head(struct h2_peer *p, int32_t id, const char *head, bool ends)
{
	char *text = strdup(head), *line = text;
	nghttp2_nv fields[PEER_FIELDS_MAX];
	size_t count = 0;
	while (line && *line) {
		char *next = strchr(line, '\n'), *value = strstr(line + 1, ": ");
		if (next)
			*next++ = '\0';
		*value = '\0';
		value += 2;
		fields[count++] = (nghttp2_nv){(uint8_t *)line, (uint8_t *)value, strlen(line), strlen(value), 0};
		line = next;
	}
	nghttp2_submit_headers(p->session, ends ? NGHTTP2_FLAG_END_STREAM : 0, id, NULL, fields, count, NULL);
	h2_peer_say(p);
	free(text);
}

static inline void h2_peer_body(struct h2_peer *p, int32_t id, const char *body, size_t length, bool cuts_short)
{
	nghttp2_data_provider provider = {.read_callback = peer_give};
	p->answer = body;
	p->answer_length = length;
	p->cuts_short = cuts_short;
	nghttp2_submit_data(p->session, NGHTTP2_FLAG_END_STREAM, id, &provider);
	h2_peer_say(p);
}

/* A frame that no library would send. */
static inline void h2_peer_frame(struct h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const char *payload,
				 size_t length)
{
	uint8_t head[9] = {(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,    type,       flags,
			   (uint8_t)(id >> 24),     (uint8_t)(id >> 16),    (uint8_t)(id >> 8), (uint8_t)id};
	text_append(&p->out, (const char *)head, sizeof head);
	text_append(&p->out, payload, length);
}

#endif
