// SPDX-License-Identifier: Apache-2.0
#include "load.h"

bool load_totals_add_up(const struct load_totals *t)
{
	return t->scheduled == t->ok + t->failed + t->not_sent;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b && (!a || b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
	return b > a ? b : a;
}

void load_totals_merge(struct load_totals *into, const struct load_totals *from)
{
	into->scheduled += from->scheduled;
	into->ok += from->ok;
	into->failed += from->failed;
	into->not_sent += from->not_sent;
	into->crowded += from->crowded;
	into->connections_opened += from->connections_opened;
	into->connections_reused += from->connections_reused;
	into->connections_closed_idle += from->connections_closed_idle;
	into->unsolicited += from->unsolicited;
	into->started_wall_ns = earlier(into->started_wall_ns, from->started_wall_ns);
	into->started_ns = earlier(into->started_ns, from->started_ns);
	into->ended_ns = later(into->ended_ns, from->ended_ns);
	into->last_started_ns = later(into->last_started_ns, from->last_started_ns);
	histogram_merge(&into->latency, &from->latency);
	histogram_merge(&into->lateness, &from->lateness);
}
