// SPDX-License-Identifier: Apache-2.0
/* What nghttp2 tells of, frame by frame. */
#include "h2_session.h"

#include <string.h>

/* The PING behind the notice that we go away. */
static const uint8_t drain_mark[8] = {'l', 'a', 'm', 'e', 'd', 'u', 'c', 'k'};

static struct h2_request *request_of(struct h2_server *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s->session, id);
}

/* What crosses the last GOAWAY is refused by name, so that the peer need not work it out; nghttp2 drops it unsaid. */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *data)
{
	struct h2_server *s = data;
	if (hd->type == NGHTTP2_HEADERS && hd->stream_id > s->last_id) {
		s->late_id = hd->stream_id;
		s->last_id = hd->stream_id; /* trailers are no second one */
	}
	return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct h2_server *s = data;
	int32_t id = frame->hd.stream_id;
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	s->progress++;
	return nghttp2_session_set_stream_user_data(session, id, h2_request_create(s, id));
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
		     const uint8_t *value, size_t value_length, uint8_t flags, void *data)
{
	struct h2_server *s = data;
	struct h2_request *r = request_of(s, frame->hd.stream_id);
	if (!r || h2_request_add_field(r, (const char *)name, name_length, (const char *)value, value_length))
		return 0;
	h2_server_fail(s, NGHTTP2_ENHANCE_YOUR_CALM);
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* What may not stand in a field (RFC 9113 §8.2.1): nghttp2 would go on without it. Worse errors end the stream. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
			     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags, void *data)
{
	struct h2_request *r = request_of(data, frame->hd.stream_id);
	if (r && !r->status)
		r->status = 400;
	return on_header(session, frame, name, name_length, value, value_length, flags, data);
}

static int submit_continue(struct h2_request *r)
{
	static const nghttp2_nv status = {(uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE};
	return nghttp2_submit_headers(r->server->session, NGHTTP2_FLAG_NONE, r->id, NULL, &status, 1, NULL);
}

static int on_headers(struct h2_request *r, const nghttp2_frame *frame)
{
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		h2_request_finish_head(r);
	if (r->status || ends)
		h2_request_tell(r);
	else if (r->expects_continue && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		return submit_continue(r);
	return 0;
}

static int on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length,
		    void *data)
{
	struct h2_server *s = data;
	struct h2_request *r = request_of(s, id);
	s->progress += length;
	if (!r || r->is_told || !length)
		return 0;
	uint64_t room = s->config->limits.content_max - r->content_length;
	size_t taken = length < room ? length : (size_t)room;
	r->content_length += taken;
	if (taken && s->config->on_content)
		s->config->on_content(r, (const char *)bytes, taken, s->data);
	if (taken < length) {
		r->status = 413;
		h2_request_tell(r);
	}
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct h2_server *s = data;
	struct h2_request *r = request_of(s, frame->hd.stream_id);
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		return r ? on_headers(r, frame) : 0;
	case NGHTTP2_DATA:
		if (r && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			h2_request_tell(r);
		return 0;
	case NGHTTP2_PING:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK && s->state == H2_NOTICED &&
		    !memcmp(frame->ping.opaque_data, drain_mark, sizeof drain_mark))
			s->is_leaving = true;
		return 0;
	default:
		return 0;
	}
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
	struct h2_request *r = request_of(data, id);
	if (r)
		h2_request_close(r, code);
	return 0;
}

/* The answer has ended before the request: the peer need not send the rest (RFC 9113 §8.1). */
static int on_answer_sent(struct h2_server *s, int32_t id)
{
	struct h2_request *r = request_of(s, id);
	if (!r)
		return 0;
	r->is_sent = true;
	if (nghttp2_session_get_stream_remote_close(s->session, id) == 1)
		return 0;
	return nghttp2_submit_rst_stream(s->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

/* nghttp2 sends PINGs before all else: one that is submitted together with the notice would overtake it, and its ACK
 * say nothing of the notice. */
static int on_goaway_sent(struct h2_server *s, const nghttp2_goaway *goaway)
{
	if (goaway->error_code != NGHTTP2_NO_ERROR)
		s->failure = goaway->error_code;
	else if (goaway->last_stream_id != INT32_MAX)
		s->last_id = goaway->last_stream_id;
	else if (s->state == H2_NOTICED)
		return nghttp2_submit_ping(s->session, NGHTTP2_FLAG_NONE, drain_mark);
	return 0;
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct h2_server *s = data;
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	switch (frame->hd.type) {
	case NGHTTP2_DATA:
		s->progress += frame->hd.length;
		h2_meter_pay(&s->meter, H2_PAYS_DATA);
		return ends ? on_answer_sent(s, frame->hd.stream_id) : 0;
	case NGHTTP2_HEADERS:
		return ends ? on_answer_sent(s, frame->hd.stream_id) : 0;
	case NGHTTP2_RST_STREAM:
		/* Streams that never became a request; the others count when they close. */
		s->cancelled += !request_of(s, frame->hd.stream_id);
		return 0;
	case NGHTTP2_GOAWAY:
		return on_goaway_sent(s, &frame->goaway);
	default:
		return 0;
	}
}

int h2_session_open(struct h2_server *s, const nghttp2_option *option)
{
	nghttp2_session_callbacks *callbacks;
	if (nghttp2_session_callbacks_new(&callbacks) < 0)
		return -1;
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	int rc = nghttp2_session_server_new3(&s->session, callbacks, s, option, s->config->memory);
	nghttp2_session_callbacks_del(callbacks);
	return rc;
}
