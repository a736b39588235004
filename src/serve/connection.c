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

void connection_free(struct connection *c)
{
	text_finish(&c->unsent);
	free(c);
}

static void connection_forget(struct lane *l, const struct newcomer *as, enum lameduck_end end)
{
	if (as->is_probe)
		return;
	__atomic_sub_fetch(&l->open, 1, __ATOMIC_RELAXED);
	if (as->is_known)
		lameduck_connection_end(l->server->duck, end);
	server_connection_gone(l->server);
}

static void connection_end_answers(struct connection *c, enum lameduck_end end)
{
	for (unsigned i = 0; i < c->answers; i++)
		lameduck_request_end(c->lane->server->duck, end);
	c->answers = 0;
}

void connection_drop(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	list_unlink(&c->link);
	list_append(&c->lane->gone, &c->link);
	deadline_remove(&c->lane->deadlines, &c->deadline);
	connection_end_answers(c, c->is_cut ? LAMEDUCK_CUT_ANSWERING : LAMEDUCK_DONE);
	http1_close(c);
	stream_close(&c->stream);
	connection_forget(c->lane, &c->as, c->end);
}

/* What comes while an answer takes its time stays with the kernel. The poller is only told so when something does come:
 * most requests come alone. */
static void connection_poll(struct connection *c)
{
	int wanted = connection_is_blocked(c) ? POLLER_WRITABLE : POLLER_READABLE;
	if (c->state == CONNECTION_CLOSED || (c->state == CONNECTION_WORKING && wanted == POLLER_READABLE))
		return;
	poller_change(&c->lane->poller, &c->watch, wanted);
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
	if (server_is_ending(c->lane->server) && !c->as.is_probe)
		counts_up(&c->lane->counts.closed, 1);
	connection_rest(c);
}

/* The last answer is written. RFC 9112 §9.6: a client that asked for the end sends nothing more, so that nothing
 * unread can turn the close into a reset. */
static void connection_finish(struct connection *c)
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
	if (n > 0)
		c->since_ms = lane_now(c->lane);
	if (was_blocked)
		c->sent += (size_t)n;
	size_t taken = was_blocked ? 0 : (size_t)n;
	connection_keep(c, out->data + taken, out->length - taken);
	text_reset(out);
	if (was_blocked && c->sent == c->unsent.length) {
		text_finish(&c->unsent);
		c->sent = 0;
	}
	if (connection_is_blocked(c))
		return;
	if (server_is_ending(c->lane->server))
		counts_up(&c->lane->counts.served, c->answers);
	connection_end_answers(c, LAMEDUCK_DONE);
	if (c->state == CONNECTION_LAST)
		connection_finish(c);
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
	if (!c->http1 || http1_is_in_content(c)) /* a head's time counts from its first byte */
		c->since_ms = lane_now(l);
	http1_take(c, l->in, (size_t)n);
	connection_rest(c);
}

static void connection_lose(struct connection *c, enum cut how, unsigned requests)
{
	if (!server_is_ending(c->lane->server))
		return;
	c->is_cut = true;
	counts_up(&c->lane->counts.cut[how], requests);
	if (how == CUT_READING)
		c->end = LAMEDUCK_CUT_READING;
	else if (how == CUT_UNREAD)
		c->end = c->has_spoken ? LAMEDUCK_CUT_IDLE : LAMEDUCK_CUT_UNSPOKEN;
}

/* What comes after our FIN is thrown away unprocessed, so that its sender may safely send it elsewhere. */
static void connection_read_late(struct connection *c)
{
	struct lane *l = c->lane;
	ssize_t n = stream_receive(&c->stream, l->in, sizeof l->in);
	if (n > 0 && c->was_idle && !c->is_cut)
		connection_lose(c, CUT_UNREAD, 1);
	if (n <= 0 && n != -EAGAIN)
		connection_drop(c);
}

/* Something stirs while an answer takes its time: the next request, or the client leaves. */
static void connection_stir(struct connection *c)
{
	char byte;
	ssize_t n = recv(c->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	/* Nothing was asked for any more: what is told then is a reset. */
	if (c->watch.events == 0 || (n == -1 && errno != EAGAIN)) {
		http1_leave(c);
		connection_drop(c);
		return;
	}
	poller_change(&c->lane->poller, &c->watch, 0);
	if (n == 0)
		http1_ask(c);
}

static void on_ready(struct watch *w, int events)
{
	struct connection *c = list_entry(w, struct connection, watch);
	if (c->state == CONNECTION_CLOSED) /* earlier in this turn */
		return;
	if (connection_is_blocked(c)) {
		connection_flush(c);
		http1_go_on(c);
		connection_rest(c);
	} else if (c->state == CONNECTION_LINGERING) {
		connection_read_late(c);
	} else if (c->state == CONNECTION_WORKING) {
		connection_stir(c);
	} else {
		connection_read(c);
	}
}

void connection_create(struct lane *l, const struct newcomer *new)
{
	struct connection *c = memory_new(1, sizeof *c);
	if (poller_add(&l->poller, &c->watch, new->fd, POLLER_READABLE) < 0) {
		free(c);
		(void)close(new->fd);
		connection_forget(l, new, LAMEDUCK_CUT_UNSPOKEN);
		return;
	}
	c->watch.ready = on_ready;
	c->lane = l;
	stream_init(&c->stream, new->fd);
	c->as = *new;
	c->number = lane_number(l);
	deadline_init(&c->deadline, timeouts_due);
	c->since_ms = lane_now(l);
	c->is_expected = server_is_draining(l->server);
	list_append(&l->connections, &c->link);
	timeouts_set(c);
	connection_read(c); /* the request often came with the handshake's end */
}

void connection_drain(struct connection *c)
{
	if (c->as.is_probe)
		return;
	if (c->lane->server->config->on_term == SERVE_CLOSE && c->has_spoken && connection_is_idle(c)) {
		counts_up(&c->lane->counts.closed_idle, 1);
		c->end = LAMEDUCK_CUT_IDLE;
		connection_drop(c);
		return;
	}
	c->is_expected = true;
	if (!c->has_spoken)
		timeouts_set(c);
}

void connection_cut(struct connection *c)
{
	if (c->as.is_probe || c->is_cut || c->state >= CONNECTION_LINGERING)
		return;
	bool is_answering = c->answers || c->state == CONNECTION_LAST;
	if (is_answering)
		connection_lose(c, CUT_ANSWERING, c->answers ? c->answers : 1);
	if (c->state == CONNECTION_WORKING)
		connection_lose(c, http1_is_queued(c) ? CUT_QUEUED : CUT_WORKING, 1);
	else if (connection_is_idle(c) && connection_has_unread(c))
		connection_lose(c, CUT_UNREAD, 1);
	else if (c->http1 && !is_answering)
		connection_lose(c, CUT_READING, 1);
}

void connection_dismiss(struct connection *c)
{
	connection_cut(c);
	if (c->state >= CONNECTION_LAST || c->as.is_probe)
		return;
	if (!c->is_cut)
		connection_linger(c, true);
	else
		http1_refuse(c, 503, "the server is going away\n");
}
