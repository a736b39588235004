// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include "base/clock.h"
#include "connection_inner.h"

#include <errno.h>

#define READ_SIZE 65536
#define JUST_NOW_NS (NS_PER_MS / 2)
#define READS_MAX 16 /* in one turn */

static void connection_on_ready(struct watch *w, int events);

static int connection_awaits(const struct connection *c)
{
	if (c->state == CONNECTION_CONNECTING)
		return STREAM_WRITABLE;
	if (c->state == CONNECTION_HANDSHAKING)
		return c->stream.wants;
	return STREAM_READABLE | c->send_wants | c->read_wants;
}

void connection_watch(struct connection *c)
{
	int events = connection_awaits(c);
	if (c->watch.ready) {
		poller_change(c->owner->poller, &c->watch, events);
		return;
	}
	c->watch.ready = connection_on_ready;
	if (poller_add(c->owner->poller, &c->watch, c->stream.fd, events) < 0)
		connection_fail_as(c, OUTCOME_CLIENT_FILES, "");
}

void connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->state == CONNECTION_IDLE && c->stream.tls)
		(void)stream_shutdown(&c->stream);
	c->state = CONNECTION_CLOSED;
	list_unlink(&c->begun);
	stream_close(&c->stream);
	list_append(&c->owner->store->closed, &c->stored);
}

static void connection_end(struct connection *c)
{
	if (list_is_empty(&c->exchanges))
		connection_leave(c);
	else
		c->protocol->end(c);
}

/* Nothing more to read now. */
static void connection_pause(struct connection *c)
{
	if (c->send_error) {
		connection_break(c, c->send_error);
		return;
	}
	c->read_wants = c->stream.wants;
	connection_watch(c);
}

/* Whoever reads no further for now is called again: by the socket, or, when what is left is in TLS's hands and no event
 * will tell of it, as soon as the socket takes something, which is at once. */
static void connection_rest(struct connection *c)
{
	c->read_wants = stream_has_pending(&c->stream) ? STREAM_WRITABLE : 0;
	connection_watch(c);
}

/* A long answer leaves time for the others, unless nobody would say when to go on: what is left is in TLS's hands, and
 * the socket takes nothing. */
static bool connection_may_rest(const struct connection *c, int reads)
{
	return reads >= READS_MAX && !(c->send_wants && stream_has_pending(&c->stream));
}

/* An answer has been taken: is there anything else to be read at once? The end, when the server has said that it closes
 * (it comes right behind), or has closed (`all`) without a word. */
static bool connection_expects_end(const struct connection *c, bool all)
{
	return c->state == CONNECTION_LINGERING || (all && c->state != CONNECTION_CLOSED);
}

static bool connection_feed(struct connection *c, const char *data, size_t length)
{
	bool was_fed = c->is_fed;
	c->is_fed = true;
	bool goes_on = c->protocol->feed(c, data, length);
	c->is_fed = was_fed;
	return goes_on;
}

void connection_receive(struct connection *c, bool all)
{
	char buffer[READ_SIZE];
	c->read_wants = 0;
	for (int reads = 0; all || !connection_may_rest(c, reads); reads++) {
		ssize_t n = stream_receive(&c->stream, buffer, sizeof buffer);
		if (n == -EAGAIN) {
			connection_pause(c);
			return;
		}
		if (n < 0) {
			connection_break(c, (int)-n);
			return;
		}
		if (n == 0) {
			connection_end(c);
			return;
		}
		if (!connection_feed(c, buffer, (size_t)n)) {
			if (!connection_expects_end(c, all))
				break;
		} else if (!all && (size_t)n < sizeof buffer && !stream_has_pending(&c->stream)) {
			break;
		}
	}
	if (c->state != CONNECTION_CLOSED)
		connection_rest(c);
}

void connection_send(struct connection *c)
{
	struct iovec parts[PROTOCOL_PARTS_MAX];
	int count;
	c->send_wants = 0;
	while ((count = c->protocol->give(c, parts)) > 0) {
		ssize_t n = stream_send(&c->stream, parts, count);
		if (n == -EAGAIN) {
			c->send_wants = c->stream.wants;
			break;
		}
		if (n < 0) {
			/* The server may have answered before it closed. */
			c->send_error = (int)-n;
			connection_receive(c, true);
			return;
		}
		c->protocol->gave(c, (size_t)n);
	}
	connection_watch(c);
}

static void connection_on_ready(struct watch *w, int events)
{
	struct connection *c = list_entry(w, struct connection, watch);
	switch (c->state) {
	case CONNECTION_CONNECTING:
		connection_on_connect(c);
		return;
	case CONNECTION_HANDSHAKING:
		connection_shake_hands(c);
		return;
	case CONNECTION_BUSY:
	case CONNECTION_IDLE:
	case CONNECTION_LINGERING:
		if (events & (POLLER_READABLE | c->read_wants))
			connection_receive(c, events & POLLER_ENDING);
		if (c->state == CONNECTION_BUSY && (events & c->send_wants))
			connection_send(c);
		return;
	case CONNECTION_CLOSED:
		return;
	}
}

bool connection_has_room(const struct connection *c)
{
	switch (c->state) {
	case CONNECTION_CONNECTING:
	case CONNECTION_HANDSHAKING:
		return connection_is_shared(c) && c->protocol->has_room(c);
	case CONNECTION_BUSY:
	case CONNECTION_IDLE:
		return c->protocol->has_room(c);
	default:
		return false;
	}
}

bool connection_has_future(const struct connection *c)
{
	bool ends = c->state == CONNECTION_LINGERING || c->state == CONNECTION_CLOSED;
	return !ends && !(c->protocol && c->protocol->is_closing && c->protocol->is_closing(c));
}

bool connection_is_opening(const struct connection *c)
{
	return c->state == CONNECTION_CONNECTING || c->state == CONNECTION_HANDSHAKING;
}

bool connection_is_shared(const struct connection *c)
{
	return c->protocol && c->protocol->is_shared;
}

bool connection_is_usable(struct connection *c, int64_t now_ns)
{
	/* Whether an end was there was said with the last answer. A shared one cannot be read in the midst of reading.
	 */
	bool stands = c->state == CONNECTION_IDLE || c->state == CONNECTION_BUSY;
	bool may_look = stands && !(c->is_fed && connection_is_shared(c));
	if (may_look && now_ns - c->idle_since_ns > JUST_NOW_NS)
		connection_receive(c, false);
	return connection_has_room(c);
}

void connection_adopt(struct connection *c, struct exchange *x)
{
	x->connection = c;
	list_append(&c->exchanges, &x->place);
	c->count++;
	x->outcome.connection = c->number;
	x->outcome.served = c->served;
	x->outcome.local_port = c->local_port;
	x->outcome.remote_port = c->remote_port;
	if (c->owner->content)
		content_begin(&x->reader);
}

void connection_take(struct connection *c, struct exchange *x)
{
	connection_adopt(c, x);
	if (c->state == CONNECTION_IDLE)
		x->outcome.idle_ns = x->outcome.started_ns - c->idle_since_ns;
	c->protocol->take(c, x);
	if (connection_is_opening(c))
		return;
	c->state = CONNECTION_BUSY;
	if (!c->protocol->is_shared)
		connection_send(c);
}
