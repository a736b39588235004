// SPDX-License-Identifier: Apache-2.0
/* How a connection comes to stand: TCP, TLS, and what is spoken on it. */
#include "connection.h"

#include "base/clock.h"
#include "base/memory.h"
#include "connection_inner.h"
#include "net/address.h"
#include "net/connect.h"
#include "net/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_SIZE 1200 /* what goes into one packet, by whatever way */

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

void connection_shake_hands(struct connection *c)
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

void connection_on_connect(struct connection *c)
{
	int rc = c->tls_host ? connect_result(c->stream.fd) : 0;
	if (rc < 0)
		connection_fail_as(c, failure_connecting(-rc), "");
	else if (c->tls_host)
		connection_begin_tls(c);
	else
		connection_send_first(c);
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
