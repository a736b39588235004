// SPDX-License-Identifier: Apache-2.0
#include "h2_client_session.h"

#include "h2_memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SENT_HEAD_MAX (512 * 1024) /* of a request: more than a command line can say */

struct h2_stream *h2_client_session_stream(const struct h2_client *c, int32_t id)
{
	return nghttp2_session_get_stream_user_data(c->session, id);
}

void h2_client_session_forget(struct h2_client *c, struct h2_stream *s)
{
	(void)nghttp2_session_set_stream_user_data(c->session, s->id, NULL);
	c->in_flight--;
}

static void client_end(struct h2_client *c, struct h2_stream *s, enum h2_end end, uint32_t code)
{
	h2_client_session_forget(c, s);
	s->code = code;
	c->events->ended(s, end, c->data);
}

/* The response is whole. What the server did not wait for need not be sent. */
static void client_end_whole(struct h2_client *c, struct h2_stream *s)
{
	if (!s->is_framed)
		(void)nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
	client_end(c, s, H2_DONE, NGHTTP2_NO_ERROR);
}

static void stream_take_wanted(struct h2_stream *s, const uint8_t *name, size_t name_length, const uint8_t *value,
			       size_t length)
{
	for (struct response_wanted *w = s->wanted; w < s->wanted + RESPONSE_WANTED_MAX; w++) {
		if (!w->name || strlen(w->name) != name_length || strncasecmp(w->name, (const char *)name, name_length))
			continue;
		size_t n = length < w->size - 1 ? length : w->size - 1;
		for (size_t i = 0; i < n; i++)
			w->value[i] = value[i] >= ' ' && value[i] < 0x7f ? (char)value[i] : '?';
		w->value[n] = '\0';
	}
}

/* Three digits: what is anything else, or no status at all, does not get here. */
static int status_of(const uint8_t *value)
{
	return (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
		     const uint8_t *value, size_t length, uint8_t flags, void *user_data)
{
	struct h2_stream *s = h2_client_session_stream(user_data, frame->hd.stream_id);
	if (!s)
		return 0;
	s->head_length += name_length + length;
	if (s->head_length > RESPONSE_HEAD_MAX)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (s->body_begun) /* a trailer */
		return 0;
	if (name_length == 7 && !memcmp(name, ":status", 7))
		s->block_status = status_of(value);
	else if (s->block_status >= 200)
		stream_take_wanted(s, name, name_length, value, length);
	return 0;
}

/* Left to itself the session would drop the one header and go on. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
			     size_t name_length, const uint8_t *value, size_t length, uint8_t flags, void *user_data)
{
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_body(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t length,
		   void *user_data)
{
	struct h2_client *c = user_data;
	struct h2_stream *s = h2_client_session_stream(c, id);
	if (s && c->events->body)
		c->events->body(s, (const char *)data, length, c->data);
	return 0;
}

static void client_received_head(struct h2_stream *s)
{
	if (s->body_begun || s->block_status < 200)
		return;
	s->status = s->block_status;
	s->body_begun = true;
}

static void client_received_goaway(struct h2_client *c, const nghttp2_goaway *goaway)
{
	c->has_goaway = true;
	c->last_id = goaway->last_stream_id;
}

/* Only of frames that keep the rules. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct h2_client *c = user_data;
	struct h2_stream *s = frame->hd.stream_id ? h2_client_session_stream(c, frame->hd.stream_id) : NULL;
	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		c->has_settings |= !(frame->hd.flags & NGHTTP2_FLAG_ACK);
		break;
	case NGHTTP2_GOAWAY:
		client_received_goaway(c, &frame->goaway);
		break;
	case NGHTTP2_RST_STREAM:
		if (s)
			client_end(c, s, frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM ? H2_REFUSED : H2_RESET,
				   frame->rst_stream.error_code);
		break;
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		if (s && frame->hd.type == NGHTTP2_HEADERS)
			client_received_head(s);
		if (s && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
			client_end_whole(c, s);
		break;
	default:
		break;
	}
	return 0;
}

/* Whoever is still there has not ended by a frame of its own. */
static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user_data)
{
	struct h2_client *c = user_data;
	struct h2_stream *s = h2_client_session_stream(c, id);
	if (!s)
		return 0;
	/* One that GOAWAY met before it was sent was not processed either. */
	if (c->has_goaway && (id > c->last_id || !s->is_begun))
		client_end(c, s, H2_REFUSED, NGHTTP2_REFUSED_STREAM);
	else
		client_end(c, s, H2_MALFORMED, code);
	return 0;
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct h2_client *c = user_data;
	c->is_broken |= frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR;
	return 0;
}

/* How much of the body goes into the next frame; it is not copied, so the bytes follow in on_body_framed. */
static ssize_t on_body_wanted(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t length, uint32_t *flags,
			      nghttp2_data_source *source, void *user_data)
{
	struct h2_stream *s = h2_client_session_stream(user_data, id);
	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	size_t left = s->request->body_length - s->framed;
	size_t n = left < length ? left : length;
	s->framed += n;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY | (n == left ? NGHTTP2_DATA_FLAG_EOF : 0);
	return (ssize_t)n;
}

static int on_body_framed(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t length,
			  nghttp2_data_source *source, void *user_data)
{
	struct h2_client *c = user_data;
	struct h2_stream *s = h2_client_session_stream(c, frame->hd.stream_id);
	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (h2_output_is_full(&c->output))
		return NGHTTP2_ERR_WOULDBLOCK;
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	const char *body = s->request->body + s->framed - length;
	h2_output_add(&c->output, head, H2_FRAME_HEAD, s->id, ends && !length);
	h2_output_add_body(&c->output, body, length, s->id, ends);
	s->is_framed = ends;
	return 0;
}

/* With memory that ends the program when there is none, none of these can fail. */
void h2_client_session_open(struct h2_client *c)
{
	nghttp2_mem memory = h2_memory();
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
		abort();
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_body);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, on_body_framed);
	nghttp2_option_set_max_send_header_block_length(option, SENT_HEAD_MAX);
	nghttp2_option_set_max_reserved_remote_streams(option, 0);
	nghttp2_option_set_no_closed_streams(option, 1);
	if (nghttp2_session_client_new3(&c->session, callbacks, c, option, &memory))
		abort();
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
}

void h2_client_session_submit(struct h2_client *c, struct h2_stream *s)
{
	const struct h2_client_request *r = s->request;
	nghttp2_data_provider provider = {.read_callback = on_body_wanted};
	s->id = nghttp2_submit_request(c->session, NULL, r->fields, r->count, r->body_length ? &provider : NULL, s);
	if (s->id < 0)
		abort(); /* only without room */
}
