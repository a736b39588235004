// SPDX-License-Identifier: Apache-2.0
#include "connection.h"
#include "server.h"

#include <sys/socket.h>

bool connection_is_idle(const struct connection *c)
{
	return c->state == CONNECTION_READING && !connection_is_blocked(c) && c->protocol->is_idle(c);
}

bool connection_has_unread(const struct connection *c)
{
	char byte;
	return recv(c->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void connection_end_answers(struct connection *c, enum lameduck_end end)
{
	for (unsigned i = 0; i < c->answers; i++)
		lameduck_request_end(c->lane->server->duck, end);
	c->answers = 0;
}

void connection_lose(struct connection *c, enum cut how, unsigned requests)
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

void connection_cut(struct connection *c)
{
	if (c->as.is_probe || c->is_cut || c->state >= CONNECTION_LINGERING)
		return;
	c->protocol->cut(c);
	if (connection_is_idle(c) && connection_has_unread(c))
		connection_lose(c, CUT_UNREAD, 1);
}

/* `close` does as Go's Shutdown: an idle connection goes at once, whatever may be on its way to it. */
static void parting_drain(struct connection *c)
{
	if (c->lane->server->config->on_term == SERVE_CLOSE && c->has_spoken && connection_is_idle(c)) {
		counts_up(&c->lane->counts.closed_idle, 1);
		c->end = LAMEDUCK_CUT_IDLE;
		connection_drop(c);
		return;
	}
	c->is_expected = true;
	c->protocol->obey(c, LANE_DRAIN);
	timeouts_set(c);
}

/* A last look: what lies there unread is answered, or told. */
static void parting_dismiss(struct connection *c)
{
	if (connection_is_idle(c))
		connection_read(c);
	connection_cut(c);
	if (c->state < CONNECTION_LAST)
		c->protocol->obey(c, LANE_DISMISS);
}

void connection_obey(struct connection *c, enum lane_order order)
{
	if (c->as.is_probe || c->state == CONNECTION_CLOSED)
		return;
	if (order == LANE_DRAIN)
		parting_drain(c);
	else if (order == LANE_DISMISS)
		parting_dismiss(c);
	else if (order == LANE_LAME)
		c->protocol->obey(c, order);
}
