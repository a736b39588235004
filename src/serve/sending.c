// SPDX-License-Identifier: Apache-2.0
#include "connection.h"
#include "server.h"

#include <errno.h>

bool connection_is_blocked(const struct connection *c)
{
	return c->unsent.length > 0;
}

/* The last answer is written. RFC 9112 §9.6: a client that asked for the end sends nothing more, so that nothing
 * unread can turn the close into a reset. */
static void sending_finish(struct connection *c)
{
	if (!c->is_over) {
		connection_linger(c, false);
		return;
	}
	if (server_is_ending(c->lane->server) && !c->as.is_probe)
		counts_up(&c->lane->counts.closed, 1);
	connection_drop(c);
}

/* What could not be sent is kept, behind what is kept already. */
static void sending_keep(struct connection *c, const char *data, size_t length)
{
	if (!length)
		return;
	if (!c->unsent.data)
		c->unsent = (struct text)TEXT_INIT(4 * LANE_WRITE_SIZE);
	text_append(&c->unsent, data, length);
}

static ssize_t sending_send(struct connection *c, const char *data, size_t length)
{
	struct iovec part = {.iov_base = (char *)data, .iov_len = length};
	ssize_t n = length ? stream_send(&c->stream, &part, 1) : 0;
	return n == -EAGAIN ? 0 : n;
}

/* What it owes, or what has just been put together. */
static ssize_t sending_write(struct connection *c)
{
	struct text *out = &c->lane->out;
	bool was_blocked = connection_is_blocked(c);
	ssize_t n = was_blocked ? sending_send(c, c->unsent.data + c->sent, c->unsent.length - c->sent)
				: sending_send(c, out->data, out->length);
	if (n < 0)
		return n;
	size_t taken = was_blocked ? 0 : (size_t)n;
	c->sent += (size_t)n - taken;
	sending_keep(c, out->data + taken, out->length - taken);
	if (was_blocked && c->sent == c->unsent.length) {
		text_finish(&c->unsent);
		c->sent = 0;
	}
	return n;
}

void connection_flush(struct connection *c)
{
	struct text *out = &c->lane->out;
	if (c->state == CONNECTION_CLOSED)
		return;
	ssize_t n = sending_write(c);
	text_reset(out);
	if (n < 0) {
		connection_drop(c);
		return;
	}
	if (n > 0)
		c->since_ms = lane_now(c->lane);
	if (connection_is_blocked(c))
		return;
	if (server_is_ending(c->lane->server))
		counts_up(&c->lane->counts.served, c->answers);
	connection_end_answers(c, LAMEDUCK_DONE);
	if (c->state == CONNECTION_LAST)
		sending_finish(c);
}
