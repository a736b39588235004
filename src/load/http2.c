// SPDX-License-Identifier: Apache-2.0
#include "connection.h"
#include "http/h2_client.h"

#include <errno.h>
#include <stdio.h>

static const struct h2_client_events events;

static void http2_begin(struct connection *c)
{
	c->http2 = (struct http2){.client = h2_client_create(&events, c)};
}

static void http2_finish(struct connection *c)
{
	h2_client_destroy(c->http2.client);
}

static bool http2_is_closing(const struct connection *c)
{
	return c->http2.is_fresh || h2_client_is_closing(c->http2.client);
}

static bool http2_has_room(const struct connection *c)
{
	return !http2_is_closing(c) && c->count < c->owner->streams && c->count < h2_client_limit(c->http2.client);
}

static void http2_submit(struct connection *c, struct exchange *x)
{
	const struct content *content = c->owner->content;
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{c->owner->pod_header, x->outcome.pod, sizeof x->outcome.pod},
		{c->owner->upstream_header, x->outcome.upstream, sizeof x->outcome.upstream},
		{content ? content_version_header(content) : NULL, x->reader.version, sizeof x->reader.version},
	};
	x->is_waiting = false;
	x->heard = c->http2.heard;
	h2_client_submit(c->http2.client, &x->stream, &x->message->h2, wanted);
}

static void http2_take(struct connection *c, struct exchange *x)
{
	c->http2.is_fresh |= x->outcome.fresh;
	x->is_waiting = c->http2.waiting || !h2_client_room(c->http2.client);
	if (x->is_waiting)
		c->http2.waiting++;
	else
		http2_submit(c, x);
}

/* They stand behind all others, in the order in which they came. */
static struct exchange *http2_first_waiting(const struct connection *c)
{
	list_each(node, next, &c->exchanges)
	{
		struct exchange *x = list_entry(node, struct exchange, place);
		if (x->is_waiting)
			return x;
	}
	return NULL;
}

static void http2_start_waiting(struct connection *c)
{
	while (c->http2.waiting && h2_client_room(c->http2.client)) {
		c->http2.waiting--;
		http2_submit(c, http2_first_waiting(c));
	}
}

static void http2_give_back_waiting(struct connection *c)
{
	while (c->http2.waiting) {
		c->http2.waiting--;
		connection_give_back(c, http2_first_waiting(c));
	}
}

static int http2_give(struct connection *c, struct iovec *parts)
{
	/* The client is told of an end in the midst of reading: what follows is sent when it is done. */
	return c->http2.is_reading ? 0 : h2_client_output(c->http2.client, parts, PROTOCOL_PARTS_MAX);
}

static void http2_gave(struct connection *c, size_t length)
{
	h2_client_taken(c->http2.client, length);
	http2_start_waiting(c);
}

static void http2_tell(const struct connection *c, struct exchange *x)
{
	if (x->is_waiting)
		return;
	x->outcome.status = x->stream.status;
	x->outcome.bytes_sent = x->stream.sent;
	x->outcome.bytes_received = x->stream.received;
}

static enum failure_phase http2_phase(const struct connection *c, const struct exchange *x)
{
	if (x->is_waiting)
		return FAILURE_SEND;
	if (x->stream.body_begun)
		return FAILURE_BODY;
	if (x->stream.head_begun)
		return FAILURE_HEAD;
	return x->stream.is_sent ? FAILURE_WAIT : FAILURE_SEND;
}

static void http2_answered(struct connection *c, struct exchange *x)
{
	http2_tell(c, x);
	if (c->http2.is_fresh)
		h2_client_leave(c->http2.client);
	bool again = !http2_is_closing(c) && h2_client_limit(c->http2.client) > 0;
	connection_answered(c, x, c->count > 1 ? CONNECTION_BUSY : again ? CONNECTION_IDLE : CONNECTION_LINGERING);
}

static void http2_on_ended(struct h2_stream *s, enum h2_end end, void *data)
{
	struct connection *c = data;
	struct exchange *x = list_entry(s, struct exchange, stream);
	if (end == H2_RESET || end == H2_REFUSED)
		snprintf(x->outcome.detail, sizeof x->outcome.detail, "%s", nghttp2_http2_strerror(s->code));
	switch (end) {
	case H2_DONE:
		http2_answered(c, x);
		break;
	case H2_REFUSED:
		connection_failed(c, x, OUTCOME_STREAM_REFUSED);
		break;
	case H2_RESET:
		connection_failed(c, x, OUTCOME_STREAM_RESET);
		break;
	case H2_MALFORMED:
		connection_failed(c, x, failure_connected(http2_phase(c, x), FAILURE_MALFORMED));
		break;
	}
}

static void http2_on_body(struct h2_stream *s, const char *bytes, size_t length, void *data)
{
	connection_body(data, list_entry(s, struct exchange, stream), bytes, length);
}

static const struct h2_client_events events = {.body = http2_on_body, .ended = http2_on_ended};

/* It takes no more: what waits goes elsewhere, and with nothing on it there is nothing to stay for. */
static void http2_retire(struct connection *c)
{
	http2_give_back_waiting(c);
	c->owner->changed(c, c->owner->data);
	if (c->state == CONNECTION_IDLE)
		connection_leave(c);
}

/* The peer does not speak HTTP/2, or not as it is. */
static void http2_break(struct connection *c)
{
	if (!c->send_error)
		connection_send(c); /* a last word, which says why */
	if (c->state == CONNECTION_CLOSED)
		return;
	http2_give_back_waiting(c);
	if (c->count) {
		connection_fail(c, FAILURE_MALFORMED);
		return;
	}
	c->owner->unsolicited(c, c->owner->data);
	connection_leave(c);
}

static bool http2_feed(struct connection *c, const char *data, size_t length)
{
	bool was_closing = http2_is_closing(c);
	c->http2.heard += length;
	c->http2.is_reading = true;
	int rc = h2_client_feed(c->http2.client, data, length);
	c->http2.is_reading = false;
	if (rc < 0) {
		http2_break(c);
		return false;
	}
	http2_start_waiting(c);
	if (!was_closing && http2_is_closing(c))
		http2_retire(c);
	if (c->state != CONNECTION_CLOSED && !c->send_error)
		connection_send(c);
	return c->state != CONNECTION_CLOSED;
}

static void http2_end(struct connection *c)
{
	/* As in HTTP/1: a reset that a send has met is not told again, and EPIPE means an end in order. */
	bool was_reset = c->send_error && c->send_error != EPIPE;
	connection_fail(c, was_reset ? failure_manner(c->send_error) : FAILURE_CLOSED);
}

static void http2_abandon(struct connection *c, struct exchange *x)
{
	if (x->is_waiting) {
		c->http2.waiting--;
		return;
	}
	h2_client_cancel(c->http2.client, &x->stream);
	/* Not a sign of life since it was sent: perhaps there is nobody any more, and nobody else is to wait for him.
	 */
	if (c->http2.is_fresh || c->http2.heard == x->heard) {
		h2_client_leave(c->http2.client);
		http2_retire(c);
	}
}

const struct protocol http2_protocol = {
	.is_shared = true,
	.begin = http2_begin,
	.finish = http2_finish,
	.has_room = http2_has_room,
	.is_closing = http2_is_closing,
	.take = http2_take,
	.give = http2_give,
	.gave = http2_gave,
	.feed = http2_feed,
	.end = http2_end,
	.phase = http2_phase,
	.tell = http2_tell,
	.abandon = http2_abandon,
};
