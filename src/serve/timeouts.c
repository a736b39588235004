// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "connection.h"
#include "server.h"

/* A peer that does not close after our last answer is left then. */
#define LINGER_MS 2000
/* An accepted connection that has not spoken yet is not idle: its request is on its way. */
#define PATIENCE_MS 1000

static uint64_t timeouts_find(const struct connection *c)
{
	int64_t ns = c->protocol->patience_ns(c);
	uint64_t first = DEADLINE_NEVER;
	if (c->state == CONNECTION_LINGERING)
		return c->since_ms + LINGER_MS;
	if (connection_is_blocked(c))
		ns = c->lane->server->config->limits.write_ns;
	else if (c->is_expected && !c->has_spoken)
		first = c->since_ms + PATIENCE_MS;
	uint64_t at = ns > 0 ? c->since_ms + (uint64_t)(ns / NS_PER_MS) + 1 : DEADLINE_NEVER;
	return at < first ? at : first;
}

void timeouts_set(struct connection *c)
{
	if (c->state != CONNECTION_CLOSED)
		deadline_set(&c->lane->deadlines, &c->deadline, timeouts_find(c));
}

bool timeouts_is_over(const struct connection *c)
{
	return timeouts_find(c) <= lane_now(c->lane);
}

void timeouts_due(struct deadline *d)
{
	struct connection *c = list_entry(d, struct connection, deadline);
	if (c->state == CONNECTION_LINGERING) {
		connection_drop(c);
	} else if (connection_is_blocked(c)) {
		counts_up(&c->lane->counts.timeouts[TIMEOUT_WRITE], 1);
		connection_cut(c);
		connection_drop(c);
	} else {
		c->protocol->time_out(c);
	}
}
