// SPDX-License-Identifier: Apache-2.0
#include "h2_client.h"

#include "base/memory.h"
#include "h2_client_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (16 * 1024 * 1024) /* bodies are looked at and dropped: they need not wait for us */
#define LIMIT_UNTIL_TOLD 1        /* requests, before the server has said how many it takes */

/* One frame of any kind but DATA; or, before all others, the preface. */
static void client_add_frame(struct h2_client *c, const uint8_t *data, size_t length)
{
	bool is_preface = length == NGHTTP2_CLIENT_MAGIC_LEN && !memcmp(data, NGHTTP2_CLIENT_MAGIC, length);
	uint8_t type = is_preface ? NGHTTP2_SETTINGS : data[3], flags = data[4];
	bool is_head = type == NGHTTP2_HEADERS || type == NGHTTP2_CONTINUATION;
	int32_t id = is_head ? (int32_t)h2_frames_number(data + 5, 4) : 0;
	if (type == NGHTTP2_HEADERS)
		c->ends_block = flags & NGHTTP2_FLAG_END_STREAM;
	bool ends = is_head && (flags & NGHTTP2_FLAG_END_HEADERS) && c->ends_block;
	h2_output_add(&c->output, data, length, id, ends);
	struct h2_stream *s = id ? h2_client_session_stream(c, id) : NULL;
	if (!s)
		return;
	s->is_begun = true;
	s->is_framed = ends;
}

/* Takes out of the session what there is place for. */
static void client_flush(struct h2_client *c)
{
	if (c->is_busy)
		return;
	c->is_busy = true;
	while (!h2_output_is_full(&c->output)) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(c->session, &data);
		c->is_broken |= n < 0;
		if (n <= 0)
			break;
		client_add_frame(c, data, (size_t)n);
	}
	c->is_busy = false;
}

struct h2_client *h2_client_create(const struct h2_client_events *events, void *data)
{
	struct h2_client *c = memory_new(1, sizeof *c);
	c->events = events;
	c->data = data;
	h2_output_init(&c->output);
	h2_client_session_open(c);
	nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RESPONSE_HEAD_MAX},
	};
	(void)nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
	(void)nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
	client_flush(c);
	return c;
}

void h2_client_destroy(struct h2_client *c)
{
	if (!c)
		return;
	nghttp2_session_del(c->session);
	h2_output_finish(&c->output);
	free(c);
}

bool h2_client_is_closing(const struct h2_client *c)
{
	return c->is_broken || c->has_goaway || c->has_left || !nghttp2_session_check_request_allowed(c->session);
}

uint32_t h2_client_in_flight(const struct h2_client *c)
{
	return c->in_flight;
}

uint32_t h2_client_limit(const struct h2_client *c)
{
	if (!c->has_settings)
		return UINT32_MAX;
	return nghttp2_session_get_remote_settings(c->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

uint32_t h2_client_room(const struct h2_client *c)
{
	if (h2_client_is_closing(c) || h2_output_is_full(&c->output))
		return 0;
	uint32_t limit = c->has_settings ? h2_client_limit(c) : LIMIT_UNTIL_TOLD;
	return limit > c->in_flight ? limit - c->in_flight : 0;
}

void h2_client_submit(struct h2_client *c, struct h2_stream *s, const struct h2_client_request *request,
		      const struct response_wanted wanted[RESPONSE_WANTED_MAX])
{
	*s = (struct h2_stream){.request = request};
	memcpy(s->wanted, wanted, sizeof s->wanted);
	for (struct response_wanted *w = s->wanted; w < s->wanted + RESPONSE_WANTED_MAX; w++)
		if (w->name)
			w->value[0] = '\0';
	h2_client_session_submit(c, s);
	c->in_flight++;
	client_flush(c);
}

void h2_client_cancel(struct h2_client *c, struct h2_stream *s)
{
	h2_client_session_forget(c, s);
	(void)nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	client_flush(c);
}

void h2_client_leave(struct h2_client *c)
{
	if (h2_client_is_closing(c))
		return;
	c->has_left = true;
	(void)nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0);
	client_flush(c);
}

static bool frame_is_answer(uint8_t type)
{
	return type == NGHTTP2_DATA || type == NGHTTP2_HEADERS || type == NGHTTP2_CONTINUATION;
}

static void client_count(const struct h2_client *c, const struct h2_piece *piece)
{
	int32_t id = h2_frames_stream(&c->frames);
	struct h2_stream *s =
		frame_is_answer(h2_frames_type(&c->frames)) && id ? h2_client_session_stream(c, id) : NULL;
	if (!s)
		return;
	s->head_begun = true;
	s->received += (piece->begins ? H2_FRAME_HEAD : 0) + piece->length;
}

static void client_read(struct h2_client *c, const void *data, size_t length)
{
	c->is_busy = true;
	c->is_broken |= nghttp2_session_mem_recv(c->session, data, length) < 0;
	c->is_busy = false;
}

/* nghttp2 counts a CONTINUATION once for every piece of its head, so the head of a frame is read whole. */
static void client_read_piece(struct h2_client *c, const struct h2_piece *piece)
{
	if (!piece->begins && !piece->length)
		return;
	client_count(c, piece);
	if (piece->begins)
		client_read(c, c->frames.head, H2_FRAME_HEAD);
	if (piece->length && !c->is_broken)
		client_read(c, piece->payload, piece->length);
	if (c->frames.block_length > H2_BLOCK_MAX)
		(void)nghttp2_session_terminate_session(c->session, NGHTTP2_ENHANCE_YOUR_CALM);
	client_flush(c);
}

int h2_client_feed(struct h2_client *c, const char *data, size_t length)
{
	while (length && !c->is_broken) {
		struct h2_piece piece;
		size_t n = h2_frames_next(&c->frames, data, length, &piece);
		client_read_piece(c, &piece);
		data += n;
		length -= n;
	}
	return c->is_broken ? -EPROTO : 0;
}

int h2_client_output(struct h2_client *c, struct iovec *pieces, int max)
{
	client_flush(c);
	return h2_output_pieces(&c->output, pieces, max);
}

static void client_took(int32_t id, size_t length, bool ended, void *data)
{
	struct h2_stream *s = h2_client_session_stream(data, id);
	if (!s)
		return;
	s->sent += length;
	s->is_sent |= ended;
}

void h2_client_taken(struct h2_client *c, size_t length)
{
	h2_output_take(&c->output, length, client_took, c);
}

bool h2_client_is_broken(const struct h2_client *c)
{
	return c->is_broken;
}
