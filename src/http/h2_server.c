// SPDX-License-Identifier: Apache-2.0
#include "h2_session.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The peer leaves this many frames lying: nothing more is read. */
#define QUEUE_MARK (H2_QUEUE_MAX / 8)

static const uint8_t drain_mark[8] = {'l', 'a', 'm', 'e', 'd', 'u', 'c', 'k'};

static struct h2_request *request_of(struct h2_server *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s->session, id);
}

static void server_fail(struct h2_server *s, uint32_t code)
{
	if (s->failure)
		return;
	s->failure = code;
	(void)nghttp2_session_terminate_session(s->session, code);
}

static void request_close(struct h2_request *r, uint32_t code)
{
	struct h2_server *s = r->server;
	if (code == NGHTTP2_NO_ERROR && !r->is_sent)
		code = NGHTTP2_CANCEL; /* the peer's word for giving it up */
	if (code == NGHTTP2_NO_ERROR) {
		s->answered++;
		h2_meter_pay(&s->meter, H2_PAYS_ANSWERED);
	} else {
		s->cancelled++;
	}
	if (r->is_told || r->content_length)
		s->config->on_close(r, code, s->data);
	h2_request_free(r);
}

static void request_tell(struct h2_request *r)
{
	if (r->is_told)
		return;
	r->is_told = true;
	r->server->config->on_request(r, r->server->data);
}

/* The last GOAWAY tells the peer that requests beyond `last_id` were not touched: from the moment it is decided on,
 * not only from when it is sent. What crosses it is refused one by one; nghttp2 would drop it unsaid. */
static bool is_too_late(const struct h2_server *s, int32_t id)
{
	return s->state == H2_LEAVING && id > s->last_id;
}

/* Only once nghttp2 has read the head's frame: it sends no RST_STREAM for streams that are idle to it. */
static void server_refuse(struct h2_server *s)
{
	if (s->late_id)
		(void)nghttp2_submit_rst_stream(s->session, NGHTTP2_FLAG_NONE, s->late_id, NGHTTP2_REFUSED_STREAM);
	s->late_id = 0;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *data)
{
	struct h2_server *s = data;
	if (hd->type == NGHTTP2_HEADERS && is_too_late(s, hd->stream_id) && hd->stream_id > s->refused_id)
		s->late_id = s->refused_id = hd->stream_id;
	return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct h2_server *s = data;
	int32_t id = frame->hd.stream_id;
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || is_too_late(s, id))
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
	server_fail(s, NGHTTP2_ENHANCE_YOUR_CALM);
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
		request_tell(r);
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
		request_tell(r);
	}
	return 0;
}

/* A request that arrives before this is taken; whichever comes later meets the last GOAWAY. */
static void server_leave(struct h2_server *s)
{
	if (s->state == H2_LEAVING || s->failure)
		return;
	s->state = H2_LEAVING;
	s->last_id = s->refused_id = nghttp2_session_get_last_proc_stream_id(s->session);
	(void)nghttp2_submit_goaway(s->session, NGHTTP2_FLAG_NONE, s->last_id, NGHTTP2_NO_ERROR, NULL, 0);
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
			request_tell(r);
		return 0;
	case NGHTTP2_PING:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK && s->state == H2_NOTICED &&
		    !memcmp(frame->ping.opaque_data, drain_mark, sizeof drain_mark))
			server_leave(s);
		return 0;
	default:
		return 0;
	}
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
	struct h2_request *r = request_of(data, id);
	if (r)
		request_close(r, code);
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
	if (goaway->error_code != NGHTTP2_NO_ERROR) {
		s->failure = goaway->error_code;
		return 0;
	}
	if (s->state != H2_NOTICED)
		return 0;
	return nghttp2_submit_ping(s->session, NGHTTP2_FLAG_NONE, drain_mark);
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

static int server_open_session(struct h2_server *s, const nghttp2_option *option)
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

static int server_open(struct h2_server *s)
{
	nghttp2_option *option;
	if (nghttp2_option_new(&option) < 0)
		return -1;
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_outbound_ack(option, H2_ACKS_MAX);
#ifdef HAVE_NGHTTP2_STREAM_RESET_RATE_LIMIT
	/* By the clock a busy connection whose clients cancel 1 % would be ended; H2_CANCELS_MAX goes by the answers.
	 */
	nghttp2_option_set_stream_reset_rate_limit(option, UINT64_MAX / 2, UINT64_MAX / 2);
#endif
#ifdef HAVE_NGHTTP2_MAX_CONTINUATIONS
	nghttp2_option_set_max_continuations(option, 2 * H2_CONTINUATIONS_MAX); /* the meter's is the same everywhere */
#endif
	int rc = server_open_session(s, option);
	nghttp2_option_del(option);
	return rc;
}

static int server_greet(struct h2_server *s)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, s->config->limits.head_max},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW},
	};
	int rc = nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
	if (rc == 0)
		rc = nghttp2_session_set_local_window_size(s->session, NGHTTP2_FLAG_NONE, 0, H2_CONNECTION_WINDOW);
	return rc;
}

struct h2_server *h2_server_create(const struct h2_config *config, void *data)
{
	struct h2_server *s = memory_new(1, sizeof *s);
	s->config = config;
	s->data = data;
	list_init(&s->requests);
	h2_meter_init(&s->meter);
	if (server_open(s) < 0 || server_greet(s) < 0) {
		h2_server_destroy(s);
		return NULL;
	}
	return s;
}

static void server_close_requests(struct h2_server *s, uint32_t code)
{
	list_each(link, next, &s->requests)
	{
		struct h2_request *r = list_entry(link, struct h2_request, link);
		if (s->session)
			(void)nghttp2_session_set_stream_user_data(s->session, r->id, NULL);
		request_close(r, code);
	}
}

void h2_server_destroy(struct h2_server *s)
{
	if (!s)
		return;
	server_close_requests(s, s->failure ? s->failure : NGHTTP2_CANCEL);
	nghttp2_session_del(s->session);
	free(s);
}

static uint32_t failure_of(ssize_t rc)
{
	switch (rc) {
	case NGHTTP2_ERR_FLOODED:
		return NGHTTP2_ENHANCE_YOUR_CALM;
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		return NGHTTP2_PROTOCOL_ERROR;
	default:
		return NGHTTP2_INTERNAL_ERROR;
	}
}

static bool has_too_much(const struct h2_server *s)
{
	return s->cancelled > s->answered + H2_CANCELS_MAX ||
	       nghttp2_session_get_outbound_queue_size(s->session) > H2_QUEUE_MAX;
}

/* Frame by frame, so that where the peer's packets end changes nothing. Returns how many bytes that were. */
static size_t server_take(struct h2_server *s, const uint8_t *data, size_t length)
{
	size_t n = h2_meter_take(&s->meter, data, length);
	bool is_flooded = h2_meter_is_flooded(&s->meter);
	ssize_t rc = is_flooded ? 0 : nghttp2_session_mem_recv(s->session, data, n);
	bool is_whole = h2_meter_is_between(&s->meter);
	if (rc < 0)
		server_fail(s, failure_of(rc));
	if (is_whole)
		server_refuse(s);
	if (is_flooded || (is_whole && has_too_much(s)))
		server_fail(s, NGHTTP2_ENHANCE_YOUR_CALM);
	return n;
}

void h2_server_feed(struct h2_server *s, const char *data, size_t length)
{
	/* When either side has said GOAWAY and no request is left, nghttp2 reads no more. */
	while (length && !s->failure && nghttp2_session_want_read(s->session)) {
		size_t n = server_take(s, (const uint8_t *)data, length);
		data += n;
		length -= n;
	}
	if (s->failure)
		server_close_requests(s, s->failure);
}

/* False: there is no more. */
static bool server_refill(struct h2_server *s)
{
	if (s->unsent_length)
		return true;
	ssize_t n = nghttp2_session_mem_send(s->session, &s->unsent);
	if (n < 0)
		server_fail(s, NGHTTP2_INTERNAL_ERROR);
	s->unsent_length = n > 0 ? (size_t)n : 0;
	return n > 0;
}

size_t h2_server_write(struct h2_server *s, char *out, size_t size)
{
	size_t put = 0;
	while (put < size && server_refill(s)) {
		size_t n = s->unsent_length < size - put ? s->unsent_length : size - put;
		memcpy(out + put, s->unsent, n);
		s->unsent += n;
		s->unsent_length -= n;
		put += n;
	}
	if (s->failure)
		server_close_requests(s, s->failure);
	return put;
}

bool h2_server_wants_input(const struct h2_server *s)
{
	return !s->failure && nghttp2_session_want_read(s->session) &&
	       nghttp2_session_get_outbound_queue_size(s->session) < QUEUE_MARK;
}

bool h2_server_wants_output(const struct h2_server *s)
{
	return s->unsent_length || nghttp2_session_want_write(s->session);
}

void h2_server_shutdown(struct h2_server *s)
{
	if (s->state != H2_OPEN || s->failure)
		return;
	s->state = H2_NOTICED;
	(void)nghttp2_submit_shutdown_notice(s->session);
}

void h2_server_dismiss(struct h2_server *s)
{
	server_leave(s);
	list_each(link, next, &s->requests)
	{
		struct h2_request *r = list_entry(link, struct h2_request, link);
		if (!r->is_told)
			h2_request_reset(r, NGHTTP2_REFUSED_STREAM);
	}
}

bool h2_server_is_done(const struct h2_server *s)
{
	return !s->unsent_length && !nghttp2_session_want_read(s->session) && !nghttp2_session_want_write(s->session);
}

bool h2_server_is_idle(const struct h2_server *s)
{
	return list_is_empty(&s->requests) && !h2_server_wants_output(s);
}

uint64_t h2_server_progress(const struct h2_server *s)
{
	return s->progress;
}

uint32_t h2_server_failure(const struct h2_server *s)
{
	return s->failure;
}
