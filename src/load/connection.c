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
#define READS_MAX 16 /* in one turn */

static void connection_on_poll(uv_poll_t *poll, int status, int events);

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
	if (c->events == events)
		return;
	c->events = events;
	(void)uv_poll_start(&c->poll, events, connection_on_poll);
}

static void connection_on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	const struct connection_owner *owner = c->owner;
	if (c->protocol)
		c->protocol->finish(c);
	free(c);
	owner->freed(owner->data);
}

void connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->state == CONNECTION_IDLE && c->stream.tls)
		(void)stream_shutdown(&c->stream);
	c->state = CONNECTION_CLOSED;
	uv_close((uv_handle_t *)&c->poll, connection_on_closed);
	stream_close(&c->stream);
}

/* It is the owner's again: what does not depend on how it ended is filled in. */
static void connection_release(struct connection *c, struct exchange *x, enum outcome_kind kind)
{
	struct outcome *o = &x->outcome;
	list_unlink(&x->place);
	x->connection = NULL;
	o->kind = kind;
	o->ended_ns = clock_ns();
	if (o->pod[0])
		memcpy(c->last_pod, o->pod, sizeof c->last_pod);
	else
		memcpy(o->pod, c->last_pod, sizeof o->pod);
	c->idle_since_ns = o->ended_ns;
}

void connection_answered(struct connection *c, struct exchange *x, enum connection_state next)
{
	const struct connection_owner *owner = c->owner;
	connection_release(c, x, owner->expects(x->outcome.status, owner->expects_data) ? OUTCOME_OK : OUTCOME_STATUS);
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
	connection_release(c, x, kind);
	if (c->state == CONNECTION_BUSY && list_is_empty(&c->exchanges))
		c->state = CONNECTION_IDLE;
	c->owner->ended(x, c, c->owner->data);
}

/* Their kinds are in their outcomes. Closed first, so that nobody gives it another. */
static void connection_fail_all(struct connection *c)
{
	int64_t rtt_ns = connect_rtt_ns(c->stream.fd);
	connection_close(c);
	while (!list_is_empty(&c->exchanges)) {
		struct exchange *x = list_entry(c->exchanges.next, struct exchange, place);
		x->outcome.rtt_ns = rtt_ns;
		connection_release(c, x, x->outcome.kind);
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

/* Reads what is there; `all`: there will be no further event, so up to the end. */
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
		if (!c->protocol->feed(c, buffer, (size_t)n))
			break;
		if (!all && (size_t)n < sizeof buffer && !stream_has_pending(&c->stream))
			break;
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

/* From now on the protocol has the word. */
static void connection_stand(struct connection *c)
{
	c->state = CONNECTION_BUSY;
	c->protocol = &http1_protocol;
	c->protocol->begin(c);
	list_each(node, next, &c->exchanges) c->protocol->take(c, list_entry(node, struct exchange, place));
	c->owner->connected(c, c->owner->data);
	connection_send(c);
	/* What came with the end of TLS's handshake. */
	if (c->state != CONNECTION_CLOSED && stream_has_pending(&c->stream))
		connection_receive(c, false);
}

static void connection_shake_hands(struct connection *c)
{
	struct err err = {0};
	int rc = tls_handshake(&c->stream, &err);
	if (rc == 0)
		connection_stand(c);
	else if (rc == -EAGAIN)
		connection_watch(c);
	else
		connection_fail_as(c, OUTCOME_TLS_FAILED, err.text);
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

static void connection_on_connect(struct connection *c)
{
	int rc = connect_result(c->stream.fd);
	if (rc < 0)
		connection_fail_as(c, failure_connecting(-rc), "");
	else if (c->tls_host)
		connection_begin_tls(c);
	else
		connection_stand(c);
}

static void connection_on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;
	bool stopped = status < 0; /* an error is pending: libuv has stopped watching */
	if (stopped)
		c->events = 0;
	if (c->state == CONNECTION_CONNECTING) {
		connection_on_connect(c);
		return;
	}
	if (c->state == CONNECTION_HANDSHAKING) {
		connection_shake_hands(c);
		return;
	}
	if (stopped || (events & (STREAM_READABLE | c->read_wants)))
		connection_receive(c, stopped);
	if (c->state == CONNECTION_BUSY && !stopped && (events & c->send_wants))
		connection_send(c);
	if (stopped && c->state != CONNECTION_CLOSED)
		connection_watch(c);
}

/* What the connection knows goes into the outcome of the exchange it takes. */
static void connection_adopt(struct connection *c, struct exchange *x)
{
	x->connection = c;
	list_append(&c->exchanges, &x->place);
	x->outcome.connection = c->number;
	x->outcome.served = c->served;
	x->outcome.local_port = c->local_port;
	x->outcome.remote_port = c->remote_port;
}

static struct connection *connection_create(const struct connection_owner *owner, int fd)
{
	struct connection *c = memory_new(1, sizeof *c);
	if (uv_poll_init(owner->loop, &c->poll, fd) < 0) {
		free(c);
		return NULL;
	}
	c->poll.data = c;
	c->owner = owner;
	stream_init(&c->stream, fd);
	list_init(&c->place);
	list_init(&c->exchanges);
	return c;
}

struct connection *connection_open(const struct connection_owner *owner, const struct load_target *to,
				   struct exchange *x)
{
	int fd = -1;
	struct outcome *o = &x->outcome;
	o->remote_port = address_port(&to->address);
	int rc = connect_begin(&to->address, to->address_length, to->device, &fd, &o->local_port);
	bool begun = rc == 0 || rc == -EINPROGRESS;
	struct connection *c = begun ? connection_create(owner, fd) : NULL;
	if (!c) {
		if (begun)
			(void)close(fd);
		o->kind = begun ? OUTCOME_CLIENT_FILES : failure_connecting(-rc);
		o->ended_ns = clock_ns();
		return NULL;
	}
	c->target = o->target;
	c->tls_host = to->tls_host;
	c->number = o->connection;
	c->local_port = o->local_port;
	c->remote_port = o->remote_port;
	connection_adopt(c, x);
	connection_watch(c);
	return c;
}

bool connection_has_room(const struct connection *c)
{
	bool stands = c->state == CONNECTION_IDLE || c->state == CONNECTION_BUSY;
	return stands && c->protocol->has_room(c);
}

bool connection_is_usable(struct connection *c)
{
	/* A busy one is read as soon as there is something. */
	if (c->state == CONNECTION_IDLE)
		connection_receive(c, false);
	return connection_has_room(c);
}

void connection_take(struct connection *c, struct exchange *x)
{
	connection_adopt(c, x);
	if (c->state == CONNECTION_IDLE)
		x->outcome.idle_ns = x->outcome.started_ns - c->idle_since_ns;
	c->state = CONNECTION_BUSY;
	c->protocol->take(c, x);
	connection_send(c);
}

void connection_time_out(struct exchange *x)
{
	struct connection *c = x->connection;
	if (c->state == CONNECTION_CONNECTING) {
		connection_fail_as(c, OUTCOME_CONNECT_TIMEOUT, "");
	} else if (c->state == CONNECTION_HANDSHAKING) {
		connection_fail_as(c, OUTCOME_TLS_FAILED, "timed out");
	} else if (!c->protocol->abandon) {
		connection_fail(c, FAILURE_TIMEOUT);
	} else {
		enum outcome_kind kind = failure_connected(c->protocol->phase(c, x), FAILURE_TIMEOUT);
		c->protocol->abandon(c, x);
		connection_failed(c, x, kind);
		if (c->state != CONNECTION_CLOSED)
			connection_send(c);
	}
}

void connection_withdraw(struct exchange *x)
{
	struct connection *c = x->connection;
	list_unlink(&x->place);
	x->connection = NULL;
	if (list_is_empty(&c->exchanges))
		connection_close(c);
	else if (c->protocol && c->protocol->abandon)
		c->protocol->abandon(c, x);
}
