// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "connection.h"
#include "server.h"

/* A peer that does not close after our last answer is left then. */
#define LINGER_MS 2000
/* An accepted connection that has not spoken yet is not idle: its request is on its way. */
#define PATIENCE_MS 1000

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t timeouts_find(const struct connection *c)
{
	const struct serve_config *config = c->lane->server->config;
	uint64_t idle_ms = (uint64_t)(config->idle_timeout_ns / NS_PER_MS);
	uint64_t idle = idle_ms ? c->since_ms + idle_ms : DEADLINE_NEVER;
	switch (c->state) {
	case CONNECTION_READING:
	case CONNECTION_LAST:
		if (c->is_expected && !c->has_spoken)
			return earlier(idle, c->since_ms + PATIENCE_MS);
		return idle;
	case CONNECTION_LINGERING:
		return c->since_ms + LINGER_MS;
	case CONNECTION_WORKING:
	case CONNECTION_CLOSED:
		break;
	}
	return DEADLINE_NEVER;
}

void timeouts_set(struct connection *c)
{
	if (c->state != CONNECTION_CLOSED)
		deadline_set(&c->lane->deadlines, &c->deadline, timeouts_find(c));
}

void timeouts_due(struct deadline *d)
{
	struct connection *c = list_entry(d, struct connection, deadline);
	if (c->state == CONNECTION_LINGERING || !connection_is_idle(c))
		connection_drop(c);
	else if (connection_has_unread(c)) /* one last look: a request may lie there */
		connection_read(c);
	else
		connection_linger(c, true);
}
