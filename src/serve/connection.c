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

void connection_drop(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	list_unlink(&c->link);
	list_append(&c->lane->gone, &c->link);
	deadline_remove(&c->lane->deadlines, &c->deadline);
	connection_end_answers(c, c->is_cut ? LAMEDUCK_CUT_ANSWERING : LAMEDUCK_DONE);
	c->protocol->close(c);
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
	c->protocol->take(c, l->in, (size_t)n);
	connection_rest(c);
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

static void on_ready(struct watch *w, int events)
{
	struct connection *c = list_entry(w, struct connection, watch);
	if (c->state == CONNECTION_CLOSED) /* earlier in this turn */
		return;
	if (connection_is_blocked(c)) {
		connection_flush(c);
		if (c->state != CONNECTION_CLOSED && !connection_is_blocked(c))
			c->protocol->go_on(c);
		connection_rest(c);
	} else if (c->state == CONNECTION_LINGERING) {
		connection_read_late(c);
	} else if (c->state == CONNECTION_WORKING) {
		c->protocol->stir(c);
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
	c->protocol = &serve_http1;
	c->as = *new;
	c->number = lane_number(l);
	deadline_init(&c->deadline, timeouts_due);
	c->since_ms = lane_now(l);
	c->is_expected = server_is_draining(l->server);
	list_append(&l->connections, &c->link);
	timeouts_set(c);
	connection_read(c); /* the request often came with the handshake's end */
}
