// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include "base/clock.h"
#include "base/memory.h"
#include "net/address.h"
#include "net/connect.h"
#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE 65536
#define JUST_NOW_NS (NS_PER_MS / 2)
#define READS_MAX 16      /* in one turn */
#define SEGMENT_SIZE 1200 /* what goes into one packet, by whatever way */

static void connection_on_ready(struct watch *w, int events);
static void connection_fail_as(struct connection *c, enum outcome_kind kind, const char *detail);

static int connection_awaits(const struct connection *c)
{
	if (c->state == CONNECTION_CONNECTING)
		return STREAM_WRITABLE;
	if (c->state == CONNECTION_HANDSHAKING)
		return c->stream.wants;
	return STREAM_READABLE | c->send_wants | c->read_wants;
}

static void connection_watch(struct connection *c)
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

void connections_init(struct connections *s)
{
	list_init(&s->closed);
	list_init(&s->spare);
}

void connections_reclaim(struct connections *s)
{
	list_each(node, next, &s->closed)
	{
		struct connection *c = list_entry(node, struct connection, stored);
		if (c->protocol)
			c->protocol->finish(c);
		list_unlink(node);
		list_append(&s->spare, node);
	}
}

void connections_finish(struct connections *s)
{
	connections_reclaim(s);
	list_each(node, next, &s->spare) free(list_entry(node, struct connection, stored));
}

void connection_tell(struct exchange *x)
{
	struct connection *c = x->connection;
	if (c->protocol && c->protocol->tell)
		c->protocol->tell(c, x);
}

static void connection_take_off(struct connection *c, struct exchange *x)
{
	list_unlink(&x->place);
	c->count--;
	x->connection = NULL;
	x->is_waiting = false;
}

/* It is the owner's again: what does not depend on how it ended is filled in. */
static void connection_release(struct connection *c, struct exchange *x, enum outcome_kind kind, int64_t now_ns)
{
	struct outcome *o = &x->outcome;
	connection_tell(x);
	connection_take_off(c, x);
	o->kind = kind;
	o->ended_ns = now_ns;
	if (o->pod[0])
		memcpy(c->last_pod, o->pod, sizeof c->last_pod);
	else
		memcpy(o->pod, c->last_pod, sizeof o->pod);
	c->idle_since_ns = o->ended_ns;
}

/* With nothing on it any more it is idle, unless the protocol will have no more on it. */
static void connection_settle(struct connection *c)
{
	if (c->state != CONNECTION_BUSY || c->count)
		return;
	c->state = CONNECTION_IDLE;
	if (!c->protocol->has_room(c))
		c->state = CONNECTION_LINGERING;
}

void connection_answered(struct connection *c, struct exchange *x, enum connection_state next)
{
	const struct connection_owner *owner = c->owner;
	bool expected = owner->expects(x->outcome.status, owner->expects_data);
	connection_release(c, x, expected ? OUTCOME_OK : OUTCOME_STATUS, clock_ns());
	if (owner->content && expected)
		content_judge(owner->content, &x->reader, &x->outcome);
	c->served++;
	if (next == CONNECTION_CLOSED) {
		connection_close(c);
	} else {
		c->state = next;
		connection_watch(c);
	}
	owner->ended(x, c, owner->data);
}

void connection_failed(struct connection *c, struct exchange *x, enum outcome_kind kind)
{
	x->outcome.rtt_ns = connect_rtt_ns(c->stream.fd);
	connection_release(c, x, kind, clock_ns());
	connection_settle(c);
	c->owner->ended(x, c, c->owner->data);
}

void connection_give_back(struct connection *c, struct exchange *x)
{
	connection_take_off(c, x);
	x->outcome.kind = OUTCOME_OK;
	x->outcome.detail[0] = '\0';
	connection_settle(c);
	c->owner->unsent(x, c, c->owner->data);
}

/* Their kinds are in their outcomes. Closed first, so that nobody gives it another; they ended before that. */
static void connection_fail_all(struct connection *c)
{
	int64_t now_ns = clock_ns();
	int64_t rtt_ns = connect_rtt_ns(c->stream.fd);
	connection_close(c);
	while (!list_is_empty(&c->exchanges)) {
		struct exchange *x = list_entry(c->exchanges.next, struct exchange, place);
		if (x->is_waiting) {
			connection_give_back(c, x);
			continue;
		}
		x->outcome.rtt_ns = rtt_ns;
		connection_release(c, x, x->outcome.kind, now_ns);
		c->owner->ended(x, c, c->owner->data);
	}
}

void connection_fail(struct connection *c, enum failure_manner manner)
{
	list_each(node, next, &c->exchanges)
	{
		struct exchange *x = list_entry(node, struct exchange, place);
		x->outcome.kind = failure_connected(c->protocol->phase(c, x), manner);
	}
	connection_fail_all(c);
}

/* Whatever phase they are in. */
static void connection_fail_as(struct connection *c, enum outcome_kind kind, const char *detail)
{
	list_each(node, next, &c->exchanges)
	{
		struct outcome *o = &list_entry(node, struct exchange, place)->outcome;
		o->kind = kind;
		snprintf(o->detail, sizeof o->detail, "%.*s", OUTCOME_DETAIL_SIZE - 1, detail);
	}
	connection_fail_all(c);
}

/* TLS itself broke after its handshake: an alert, or what is no record. No phase of HTTP's is to blame. */
static void connection_fail_tls(struct connection *c)
{
	struct err err = {0};
	tls_explain(&c->stream, -EPROTO, &err);
	connection_fail_as(c, OUTCOME_TLS_FAILED, err.text);
}

void connection_leave(struct connection *c)
{
	bool was_idle = c->state == CONNECTION_IDLE;
	connection_close(c);
	c->owner->left(c, was_idle, c->owner->data);
}

static void connection_end(struct connection *c)
{
	if (list_is_empty(&c->exchanges))
		connection_leave(c);
	else
		c->protocol->end(c);
}

static void connection_break(struct connection *c, int number)
{
	if (list_is_empty(&c->exchanges))
		connection_leave(c);
	else if (number == EPROTO)
		connection_fail_tls(c);
	else
		connection_fail(c, failure_manner(number));
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

/* Reads what is there; `all`: up to the end, which is there. */
static void connection_receive(struct connection *c, bool all)
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

static const struct protocol *connection_choose(const struct connection *c)
{
	bool is_http2 = c->stream.tls ? !strcmp(tls_protocol(&c->stream), "h2") : c->owner->protocol == LOAD_HTTP2;
	return is_http2 ? &http2_protocol : &http1_protocol;
}

/* From now on the protocol has the word. */
static void connection_speak(struct connection *c, const struct protocol *protocol)
{
	c->protocol = protocol;
	c->protocol->begin(c);
	list_each(node, next, &c->exchanges) c->protocol->take(c, list_entry(node, struct exchange, place));
}

static void connection_stand(struct connection *c)
{
	c->state = CONNECTION_BUSY;
	c->owner->connected(c, c->owner->data);
	connection_send(c);
	/* What came with the end of TLS's handshake. */
	if (c->state != CONNECTION_CLOSED && stream_has_pending(&c->stream))
		connection_receive(c, false);
}

/* What was expected to be spoken is not: only the exchange that it was opened for stays. */
static void connection_unlearn(struct connection *c)
{
	list_each(node, next, &c->exchanges)
	{
		struct exchange *x = list_entry(node, struct exchange, place);
		if (x->is_waiting)
			connection_give_back(c, x);
	}
	c->protocol->finish(c);
	c->protocol = NULL;
}

/* TLS's handshake is over, and ALPN has said what is to be spoken. */
static void connection_agree(struct connection *c)
{
	const struct protocol *protocol = connection_choose(c);
	if (c->owner->protocol == LOAD_HTTP2 && protocol != &http2_protocol) {
		connection_fail_as(c, OUTCOME_TLS_FAILED, "the server does not speak HTTP/2");
		return;
	}
	if (c->protocol && c->protocol != protocol)
		connection_unlearn(c);
	if (!c->protocol)
		connection_speak(c, protocol);
	connection_stand(c);
}

static void connection_shake_hands(struct connection *c)
{
	struct err err = {0};
	int rc = tls_handshake(&c->stream, &err);
	if (rc == -EAGAIN) {
		connection_watch(c);
	} else if (rc < 0) {
		connection_fail_as(c, OUTCOME_TLS_FAILED, err.text);
	} else {
		connection_agree(c);
	}
}

static void connection_begin_tls(struct connection *c)
{
	int rc = tls_begin(&c->stream, c->owner->tls, c->tls_host);
	c->state = CONNECTION_HANDSHAKING;
	if (rc < 0)
		connection_fail_as(c, failure_connecting(-rc), "");
	else
		connection_shake_hands(c);
}

/* The first bytes of a connection without TLS: whether they can be sent says whether it stands. */
static void connection_send_first(struct connection *c)
{
	struct iovec parts[PROTOCOL_PARTS_MAX];
	ssize_t n = stream_send(&c->stream, parts, c->protocol->give(c, parts));
	if (n == -EAGAIN) {
		connection_watch(c);
	} else if (n < 0) {
		connection_fail_as(c, failure_connecting((int)-n), "");
	} else {
		connect_spoke(c->stream.fd);
		c->protocol->gave(c, (size_t)n);
		connection_stand(c);
	}
}

static void connection_on_connect(struct connection *c)
{
	int rc = c->tls_host ? connect_result(c->stream.fd) : 0;
	if (rc < 0)
		connection_fail_as(c, failure_connecting(-rc), "");
	else if (c->tls_host)
		connection_begin_tls(c);
	else
		connection_send_first(c);
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

/* What the connection knows goes into the outcome of the exchange it takes. */
static void connection_adopt(struct connection *c, struct exchange *x)
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

static struct connection *connection_create(const struct connection_owner *owner)
{
	struct list *spare = &owner->store->spare;
	struct connection *c = list_is_empty(spare) ? NULL : list_entry(spare->prev, struct connection, stored);
	if (c) {
		list_unlink(&c->stored);
		*c = (struct connection){0};
	} else {
		c = memory_new(1, sizeof *c);
	}
	c->owner = owner;
	list_init(&c->place);
	list_init(&c->begun);
	list_init(&c->exchanges);
	return c;
}

/* Most requests are one small write after which nothing is written until it is answered. */
static int connection_options(const struct connection_owner *owner, const struct load_target *to,
			      const struct exchange *x)
{
	bool is_one_write = x->outcome.fresh && x->message->head_length + x->message->body_length <= SEGMENT_SIZE &&
			    owner->protocol != LOAD_HTTP2;
	if (to->tls_host)
		return CONNECT_NODELAY;
	return is_one_write ? CONNECT_SPEAKS_FIRST : CONNECT_SPEAKS_FIRST | CONNECT_NODELAY;
}

struct connection *connection_open(const struct connection_owner *owner, const struct load_target *to,
				   bool expects_shared, struct exchange *x)
{
	int fd = -1;
	struct outcome *o = &x->outcome;
	o->remote_port = address_port(&to->address);
	int rc = connect_begin(&to->address, to->address_length, to->device, connection_options(owner, to, x), &fd,
			       &o->local_port);
	if (rc < 0 && rc != -EINPROGRESS) {
		o->kind = failure_connecting(-rc);
		o->ended_ns = clock_ns();
		return NULL;
	}
	struct connection *c = connection_create(owner);
	stream_init(&c->stream, fd);
	c->target = o->target;
	c->tls_host = to->tls_host;
	c->number = o->connection;
	c->local_port = o->local_port;
	c->remote_port = o->remote_port;
	connection_adopt(c, x);
	if (!c->tls_host || expects_shared)
		connection_speak(c, expects_shared ? &http2_protocol : connection_choose(c));
	return c;
}

void connection_go(struct connection *c)
{
	if (c->state == CONNECTION_BUSY)
		connection_send(c);
	else if (c->state == CONNECTION_CONNECTING && c->tls_host)
		connection_watch(c);
	else if (c->state == CONNECTION_CONNECTING)
		connection_send_first(c); /* on the same machine it stands by now */
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

/* The connection goes on without it. */
static void connection_abandon(struct connection *c, struct exchange *x, enum outcome_kind kind)
{
	c->protocol->abandon(c, x);
	connection_failed(c, x, kind);
	if (c->state != CONNECTION_CLOSED && !connection_is_opening(c))
		connection_send(c);
}

void connection_time_out(struct exchange *x)
{
	struct connection *c = x->connection;
	if (connection_is_opening(c) && x->is_waiting) {
		connection_abandon(c, x, OUTCOME_CONNECT_TIMEOUT);
	} else if (c->state == CONNECTION_CONNECTING) {
		connection_fail_as(c, OUTCOME_CONNECT_TIMEOUT, "");
	} else if (c->state == CONNECTION_HANDSHAKING) {
		connection_fail_as(c, OUTCOME_TLS_FAILED, "timed out");
	} else if (!c->protocol->abandon) {
		connection_fail(c, FAILURE_TIMEOUT);
	} else {
		connection_abandon(c, x, failure_connected(c->protocol->phase(c, x), FAILURE_TIMEOUT));
	}
}

void connection_withdraw(struct exchange *x)
{
	struct connection *c = x->connection;
	if (!c) {
		list_unlink(&x->place);
		return;
	}
	if (c->count > 1 && c->protocol->abandon)
		c->protocol->abandon(c, x);
	connection_take_off(c, x);
	if (!c->count)
		connection_close(c);
}
