// SPDX-License-Identifier: Apache-2.0
/* How the exchanges on a connection end. */
#include "connection.h"

#include "base/clock.h"
#include "connection_inner.h"
#include "net/connect.h"
#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

void connection_fail_as(struct connection *c, enum outcome_kind kind, const char *detail)
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

void connection_break(struct connection *c, int number)
{
	if (list_is_empty(&c->exchanges))
		connection_leave(c);
	else if (number == EPROTO)
		connection_fail_tls(c);
	else
		connection_fail(c, failure_manner(number));
}

void connection_leave(struct connection *c)
{
	bool was_idle = c->state == CONNECTION_IDLE;
	connection_close(c);
	c->owner->left(c, was_idle, c->owner->data);
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
