// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "connection.h"
#include "http1.h"
#include "server.h"

/* A peer that does not close after our last answer is left then. */
#define LINGER_MS 2000
/* An accepted connection that has not spoken yet is not idle: its request is on its way. */
#define PATIENCE_MS 1000

static uint64_t after(const struct connection *c, int64_t ns)
{
	return ns > 0 ? c->since_ms + (uint64_t)(ns / NS_PER_MS) + 1 : DEADLINE_NEVER;
}

static uint64_t timeouts_find(const struct connection *c)
{
	const struct serve_limits *limits = &c->lane->server->config->limits;
	if (c->state == CONNECTION_LINGERING)
		return c->since_ms + LINGER_MS;
	if (connection_is_blocked(c))
		return after(c, limits->write_ns);
	if (c->state != CONNECTION_READING)
		return DEADLINE_NEVER;
	if (c->http1)
		return after(c, http1_is_in_content(c) ? limits->body_ns : limits->header_ns);
	uint64_t idle = after(c, limits->idle_ns), first = c->since_ms + PATIENCE_MS;
	return c->is_expected && !c->has_spoken && first < idle ? first : idle;
}

void timeouts_set(struct connection *c)
{
	if (c->state != CONNECTION_CLOSED)
		deadline_set(&c->lane->deadlines, &c->deadline, timeouts_find(c));
}

void timeouts_due(struct deadline *d)
{
	struct connection *c = list_entry(d, struct connection, deadline);
	struct counts *counts = &c->lane->counts;
	if (c->state == CONNECTION_LINGERING) {
		connection_drop(c);
	} else if (connection_is_blocked(c)) {
		counts_up(&counts->timeouts[TIMEOUT_WRITE], 1);
		connection_cut(c);
		connection_drop(c);
	} else if (c->http1) {
		counts_up(&counts->timeouts[http1_is_in_content(c) ? TIMEOUT_BODY : TIMEOUT_HEADER], 1);
		http1_refuse(c, 408, "the request took too long\n");
	} else if (connection_has_unread(c)) { /* one last look: a request may lie there */
		connection_read(c);
	} else {
		counts_up(&counts->timeouts[TIMEOUT_IDLE], 1);
		connection_linger(c, true);
	}
}
