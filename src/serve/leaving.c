// SPDX-License-Identifier: Apache-2.0
#include "leaving.h"

#include "base/clock.h"
#include "base/units.h"
#include "server.h"

#include <stdio.h>

/* After the deadline: time for the last answers to be read. */
#define FAREWELL_NS (500 * NS_PER_MS)

void leaving_log(const struct server *s)
{
	char after[UNITS_SIZE];
	fprintf(stderr, "zerodrop serve: state=%s pod=%s port=%u after=%s\n", lifecycle_state_name(s->life.state),
		s->config->pod, s->accepting.port, units_write_duration(s->life.before_ns, after));
}

static void leaving_order(struct server *s, enum lane_order order)
{
	s->order = order;
	for (unsigned i = 1; i < s->lane_count; i++)
		lane_wake(s->lanes[i]);
	lane_obey(s->lanes[0]);
}

void leaving_finish(struct server *s)
{
	accepting_finish(&s->accepting);
	uv_close((uv_handle_t *)&s->tick, NULL);
	for (int i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
	leaving_order(s, LANE_END);
}

static void leaving_drain(struct server *s)
{
	if (s->config->on_term == SERVE_DRAIN && s->accepting.is_listening)
		accepting_retire(&s->accepting);
	else
		accepting_close(&s->accepting, false);
	leaving_order(s, LANE_DRAIN);
}

/* The deadline of a drain: those who still wait are told. Every other end says nothing. */
static void leaving_stop(struct server *s)
{
	s->farewell_ns = clock_ns();
	if (s->config->on_term != SERVE_DRAIN || lifecycle_is_forced(&s->life))
		return;
	s->farewell_ns += FAREWELL_NS;
	accepting_close(&s->accepting, s->accepting.is_listening);
	leaving_order(s, LANE_DISMISS);
}

static void leaving_enter(struct server *s)
{
	s->state = s->life.state;
	/* On failure the caller looks at s->failure. */
	if (s->life.state == LIFECYCLE_READY && !s->accepting.is_listening &&
	    accepting_start(&s->accepting, &s->failure) < 0)
		return;
	leaving_log(s);
	switch (s->life.state) {
	case LIFECYCLE_DRAINING:
		leaving_drain(s);
		break;
	case LIFECYCLE_STOPPED:
		leaving_stop(s);
		break;
	case LIFECYCLE_STARTING:
	case LIFECYCLE_READY:
	case LIFECYCLE_LAME_DUCK:
		break;
	}
}

static void on_tick(uv_timer_t *timer)
{
	leaving_advance(timer->data);
}

void leaving_advance(struct server *s)
{
	while (lifecycle_advance(&s->life, clock_ns(), s->open + s->accepting.is_listening))
		leaving_enter(s);
	if (s->failure.kind != ERR_NONE) {
		leaving_finish(s);
		return;
	}
	int64_t now = clock_ns(), next = lifecycle_next_ns(&s->life);
	if (s->life.state == LIFECYCLE_STOPPED) {
		next = s->farewell_ns;
		if (now >= next || s->open == 0 || lifecycle_is_forced(&s->life)) {
			leaving_finish(s);
			return;
		}
	}
	if (next == LIFECYCLE_NEVER) {
		uv_timer_stop(&s->tick);
		return;
	}
	/* The loop's clock may lag behind by a turn, and it rounds down. */
	uv_update_time(s->tick.loop);
	uv_timer_start(&s->tick, on_tick, next > now ? (uint64_t)((next - now + NS_PER_MS - 1) / NS_PER_MS) : 0, 0);
}
