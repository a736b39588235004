// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <errno.h>

static size_t http1_size(const struct exchange *x)
{
	return x->message->head_length + x->message->body_length;
}

static void http1_begin(struct connection *c)
{
	c->http1.exchange = NULL;
}

static void http1_finish(struct connection *c)
{
}

static bool http1_has_room(const struct connection *c)
{
	return c->state == CONNECTION_IDLE;
}

static void http1_on_body(const char *piece, size_t length, void *data)
{
	struct connection *c = data;
	connection_body(c, c->http1.exchange, piece, length);
}

static void http1_take(struct connection *c, struct exchange *x)
{
	const struct content *content = c->owner->content;
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{c->owner->pod_header, x->outcome.pod, sizeof x->outcome.pod},
		{c->owner->upstream_header, x->outcome.upstream, sizeof x->outcome.upstream},
		{content ? content_version_header(content) : NULL, x->reader.version, sizeof x->reader.version},
	};
	c->http1.exchange = x;
	response_init(&c->http1.response, wanted);
	if (content) {
		c->http1.response.body = http1_on_body;
		c->http1.response.body_data = c;
	}
	response_begin(&c->http1.response, x->message->is_head);
}

static int http1_give(struct connection *c, struct iovec *parts)
{
	const struct exchange *x = c->http1.exchange;
	if (!x)
		return 0;
	const struct message *m = x->message;
	size_t sent = x->outcome.bytes_sent;
	int count = 0;
	if (sent < m->head_length)
		parts[count++] = (struct iovec){(char *)m->head + sent, m->head_length - sent};
	size_t of_body = sent > m->head_length ? sent - m->head_length : 0;
	if (of_body < m->body_length)
		parts[count++] = (struct iovec){(char *)m->body + of_body, m->body_length - of_body};
	return count;
}

static void http1_gave(struct connection *c, size_t length)
{
	c->http1.exchange->outcome.bytes_sent += length;
}

static enum failure_phase http1_phase(const struct connection *c, const struct exchange *x)
{
	if (c->http1.response.body_begun)
		return FAILURE_BODY;
	if (x->outcome.bytes_received)
		return FAILURE_HEAD;
	return x->outcome.bytes_sent < http1_size(x) ? FAILURE_SEND : FAILURE_WAIT;
}

/* The answer is complete. `more`: bytes came behind it; `ended`: so did the end of the connection. */
static void http1_answered(struct connection *c, bool more, bool ended)
{
	struct exchange *x = c->http1.exchange;
	bool is_over = more || ended || c->send_error || x->outcome.bytes_sent < http1_size(x);
	bool again = c->http1.response.keep_alive && !x->outcome.fresh;
	c->http1.exchange = NULL;
	if (more)
		c->owner->unsolicited(c, c->owner->data);
	connection_answered(c, x, is_over ? CONNECTION_CLOSED : again ? CONNECTION_IDLE : CONNECTION_LINGERING);
}

static bool http1_feed(struct connection *c, const char *data, size_t length)
{
	struct exchange *x = c->http1.exchange;
	if (!x) {
		c->owner->unsolicited(c, c->owner->data);
		connection_leave(c);
		return false;
	}
	x->outcome.bytes_received += length;
	size_t used = response_feed(&c->http1.response, data, length);
	x->outcome.status = c->http1.response.status;
	if (c->http1.response.state == RESPONSE_MALFORMED)
		connection_fail(c, FAILURE_MALFORMED);
	else if (c->http1.response.state == RESPONSE_DONE)
		http1_answered(c, used < length, false);
	else
		return true;
	return false;
}

static void http1_end(struct connection *c)
{
	/* When a send was answered by a reset, the kernel has reported that already and shows an end now: it says
	 * nothing about where the body ends. EPIPE means that the peer's end had come in order. Under TLS only TLS's
	 * own word for the end does: anybody can make up a FIN (RFC 9112 §9.8). */
	bool was_reset = c->send_error && c->send_error != EPIPE;
	if (!was_reset && !c->stream.was_cut)
		response_end(&c->http1.response);
	if (c->http1.response.state == RESPONSE_DONE)
		http1_answered(c, false, true);
	else
		connection_fail(c, was_reset ? failure_manner(c->send_error) : FAILURE_CLOSED);
}

const struct protocol http1_protocol = {
	.begin = http1_begin,
	.finish = http1_finish,
	.has_room = http1_has_room,
	.take = http1_take,
	.give = http1_give,
	.gave = http1_gave,
	.feed = http1_feed,
	.end = http1_end,
	.phase = http1_phase,
};
