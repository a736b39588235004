// SPDX-License-Identifier: Apache-2.0
#include "h2_session.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The peer leaves this many frames lying: nothing more is read. */
#define QUEUE_MARK (H2_QUEUE_MAX / 8)
/* More than H2_QUEUE_MAX frames have, heads of answers among them. */
#define HELD_MAX (32 << 20)

void h2_server_fail(struct h2_server *s, uint32_t code)
{
	if (s->failure)
		return;
	s->failure = code;
	(void)nghttp2_session_terminate_session(s->session, code);
}

static int server_open(struct h2_server *s)
{
	nghttp2_option *option;
	if (nghttp2_option_new(&option) < 0)
		return -1;
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_outbound_ack(option, H2_ACKS_MAX);
#ifdef HAVE_NGHTTP2_STREAM_RESET_RATE_LIMIT
	/* By the clock a busy connection whose clients cancel 1 % would end; H2_CANCELS_MAX goes by the answers. */
	nghttp2_option_set_stream_reset_rate_limit(option, UINT64_MAX / 2, UINT64_MAX / 2);
#endif
#ifdef HAVE_NGHTTP2_MAX_CONTINUATIONS
	/* It counts the packets that a frame's head comes in, so that byte by byte the first frame is one too many. */
	nghttp2_option_set_max_continuations(option, SIZE_MAX);
#endif
	int rc = h2_session_open(s, option);
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
	s->last_id = INT32_MAX;
	s->held = (struct text)TEXT_INIT(HELD_MAX);
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
		h2_request_close(r, code);
	}
}

void h2_server_destroy(struct h2_server *s)
{
	if (!s)
		return;
	server_close_requests(s, s->failure ? s->failure : NGHTTP2_CANCEL);
	nghttp2_session_del(s->session);
	text_finish(&s->held);
	free(s);
}

/* False: there is no more. */
static bool server_refill(struct h2_server *s)
{
	if (s->unsent_length)
		return true;
	s->is_busy = true;
	ssize_t n = nghttp2_session_mem_send(s->session, &s->unsent);
	s->is_busy = false;
	if (n < 0)
		h2_server_fail(s, NGHTTP2_INTERNAL_ERROR);
	s->unsent_length = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool server_has_to_leave(const struct h2_server *s)
{
	return s->is_leaving && s->state != H2_LEFT && !s->failure;
}

/* The last GOAWAY is written as soon as it is decided on, with what stands before it: as long as it waits, requests are
 * taken that it does not name, and nghttp2's GOAWAY for an error would name them behind it (RFC 9113 §6.8: the last id
 * must not grow). */
static void server_settle(struct h2_server *s)
{
	if (!server_has_to_leave(s) || s->is_busy)
		return;
	s->state = H2_LEFT;
	(void)nghttp2_submit_goaway(s->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->session),
				    NGHTTP2_NO_ERROR, NULL, 0);
	while (s->last_id == INT32_MAX && server_refill(s)) {
		text_append(&s->held, (const char *)s->unsent, s->unsent_length);
		s->unsent_length = 0;
	}
}

/* Only once nghttp2 has read the head's frame: it sends no RST_STREAM for streams that are idle to it. */
static void server_refuse(struct h2_server *s)
{
	if (s->late_id)
		(void)nghttp2_submit_rst_stream(s->session, NGHTTP2_FLAG_NONE, s->late_id, NGHTTP2_REFUSED_STREAM);
	s->late_id = 0;
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
	s->is_busy = true;
	ssize_t rc = is_flooded ? 0 : nghttp2_session_mem_recv(s->session, data, n);
	s->is_busy = false;
	bool is_whole = h2_meter_is_between(&s->meter);
	if (rc < 0)
		h2_server_fail(s, failure_of(rc));
	if (is_whole)
		server_refuse(s);
	if (is_flooded || (is_whole && has_too_much(s)))
		h2_server_fail(s, NGHTTP2_ENHANCE_YOUR_CALM);
	server_settle(s);
	return n;
}

void h2_server_feed(struct h2_server *s, const char *data, size_t length)
{
	server_settle(s);
	/* When either side has said GOAWAY and no request is left, nghttp2 reads no more. */
	while (length && !s->failure && nghttp2_session_want_read(s->session)) {
		size_t n = server_take(s, (const uint8_t *)data, length);
		data += n;
		length -= n;
	}
	if (s->failure)
		server_close_requests(s, s->failure);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t server_write_held(struct h2_server *s, char *out, size_t size)
{
	size_t n = least(s->held.length - s->held_sent, size);
	if (n)
		memcpy(out, s->held.data + s->held_sent, n);
	s->held_sent += n;
	if (n && s->held_sent == s->held.length) {
		text_finish(&s->held);
		s->held_sent = 0;
	}
	return n;
}

size_t h2_server_write(struct h2_server *s, char *out, size_t size)
{
	server_settle(s);
	size_t put = server_write_held(s, out, size);
	while (put < size && server_refill(s)) {
		size_t n = least(s->unsent_length, size - put);
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
	return s->held.length || s->unsent_length || server_has_to_leave(s) || nghttp2_session_want_write(s->session);
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
	s->is_leaving = true;
	server_settle(s);
	list_each(link, next, &s->requests)
	{
		struct h2_request *r = list_entry(link, struct h2_request, link);
		if (!r->is_told)
			h2_request_reset(r, NGHTTP2_REFUSED_STREAM);
	}
}

bool h2_server_is_done(const struct h2_server *s)
{
	return !h2_server_wants_output(s) && !nghttp2_session_want_read(s->session);
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
