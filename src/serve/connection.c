// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include "base/memory.h"
#include "http1.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection *connection_of(struct list *link)
{
	return list_entry(link, struct connection, link);
}

bool connection_is_idle(const struct connection *c)
{
	return c->state == CONNECTION_READING && !c->http1 && !connection_is_blocked(c);
}

bool connection_is_blocked(const struct connection *c)
{
	return c->unsent.length > 0;
}

bool connection_has_unread(const struct connection *c)
{
	char byte;
	return recv(c->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	text_finish(&c->unsent);
	free(c);
}

static void connection_forget(struct lane *l)
{
	__atomic_sub_fetch(&l->open, 1, __ATOMIC_RELAXED);
	server_connection_gone(l->server);
}

void connection_drop(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	list_unlink(&c->link);
	deadline_remove(&c->lane->deadlines, &c->deadline);
	http1_close(c);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	stream_close(&c->stream);
	connection_forget(c->lane);
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* What comes while an answer takes its time stays with the kernel. The poll is only told so when something does come:
 * most requests come alone, and telling it costs two system calls. */
static void connection_poll(struct connection *c)
{
	int wanted = connection_is_blocked(c) ? UV_WRITABLE : UV_READABLE;
	if (c->state == CONNECTION_CLOSED || (c->state == CONNECTION_WORKING && wanted == UV_READABLE))
		return;
	if (wanted == c->polled)
		return;
	c->polled = wanted;
	uv_poll_start(&c->poll, wanted, on_poll);
}

void connection_rest(struct connection *c)
{
	connection_poll(c);
	timeouts_set(c);
}

void connection_linger(struct connection *c, bool was_idle)
{
	c->state = CONNECTION_LINGERING;
	c->was_idle = was_idle;
	c->since_ms = lane_now(c->lane);
	stream_shutdown(&c->stream); /* a peer that is gone shows when we read */
	if (server_is_ending(c->lane->server))
		tally_count(&c->lane->tally.closed);
	connection_rest(c);
}

/* What could not be sent is kept, behind what is kept already. */
static void connection_keep(struct connection *c, const char *data, size_t length)
{
	if (!length)
		return;
	if (!c->unsent.data)
		c->unsent = (struct text)TEXT_INIT(4 * LANE_WRITE_SIZE);
	text_append(&c->unsent, data, length);
}

static ssize_t connection_send(struct connection *c, const char *data, size_t length)
{
	struct iovec part = {.iov_base = (char *)data, .iov_len = length};
	ssize_t n = length ? stream_send(&c->stream, &part, 1) : 0;
	return n == -EAGAIN ? 0 : n;
}

void connection_flush(struct connection *c)
{
	struct text *out = &c->lane->out;
	if (c->state == CONNECTION_CLOSED)
		return;
	bool was_blocked = connection_is_blocked(c);
	ssize_t n = was_blocked ? connection_send(c, c->unsent.data + c->sent, c->unsent.length - c->sent)
				: connection_send(c, out->data, out->length);
	if (n < 0) {
		text_reset(out);
		connection_drop(c);
		return;
	}
	if (was_blocked)
		c->sent += (size_t)n;
	size_t taken = was_blocked ? 0 : (size_t)n;
	connection_keep(c, out->data + taken, out->length - taken);
	text_reset(out);
	if (was_blocked && c->sent == c->unsent.length) {
		text_finish(&c->unsent);
		c->sent = 0;
	}
	if (!connection_is_blocked(c) && c->state == CONNECTION_LAST)
		connection_linger(c, false);
}

void connection_read(struct connection *c)
{
	struct lane *l = c->lane;
	ssize_t n = stream_receive(&c->stream, l->in, sizeof l->in);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		connection_drop(c);
		return;
	}
	c->has_spoken = true;
	c->since_ms = lane_now(l);
	http1_take(c, l->in, (size_t)n);
	connection_rest(c);
}

/* What comes after our FIN is thrown away unprocessed, so that its sender may safely send it elsewhere. */
static void connection_read_late(struct connection *c)
{
	struct lane *l = c->lane;
	ssize_t n = stream_receive(&c->stream, l->in, sizeof l->in);
	if (n > 0 && c->was_idle && server_is_ending(l->server) && !c->is_counted) {
		c->is_counted = true;
		tally_count(&l->tally.cut);
	}
	if (n <= 0 && n != -EAGAIN)
		connection_drop(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;
	if (status < 0) {
		connection_drop(c);
	} else if (connection_is_blocked(c)) {
		connection_flush(c);
		http1_go_on(c);
		connection_rest(c);
	} else if (c->state == CONNECTION_LINGERING) {
		connection_read_late(c);
	} else if (c->state == CONNECTION_WORKING) {
		c->polled = 0;
		uv_poll_stop(&c->poll);
	} else {
		connection_read(c);
	}
}

void connection_create(struct lane *l, int fd)
{
	struct connection *c = memory_new(1, sizeof *c);
	if (uv_poll_init(&l->loop, &c->poll, fd) < 0) {
		free(c);
		(void)close(fd);
		connection_forget(l);
		return;
	}
	c->poll.data = c;
	c->lane = l;
	stream_init(&c->stream, fd);
	deadline_init(&c->deadline, timeouts_due);
	c->since_ms = lane_now(l);
	c->is_expected = server_is_draining(l->server);
	list_append(&l->connections, &c->link);
	connection_rest(c);
	connection_read(c); /* the request often came with the handshake's end */
}

void connection_drain(struct connection *c)
{
	if (c->lane->server->config->on_term == SERVE_CLOSE && c->has_spoken && connection_is_idle(c)) {
		tally_count(&c->lane->tally.closed_idle);
		connection_drop(c);
		return;
	}
	c->is_expected = true;
	if (!c->has_spoken)
		timeouts_set(c);
}

void connection_count_cut(struct connection *c)
{
	bool is_asked = connection_is_idle(c) ? connection_has_unread(c) : c->state < CONNECTION_LINGERING;
	if (is_asked && !c->is_counted) {
		c->is_counted = true;
		tally_count(&c->lane->tally.cut);
	}
}

void connection_dismiss(struct connection *c)
{
	connection_count_cut(c);
	if (c->state >= CONNECTION_LAST)
		return;
	if (!c->is_counted)
		connection_linger(c, true);
	else
		http1_dismiss(c);
}
