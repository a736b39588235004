// SPDX-License-Identifier: Apache-2.0
#include "leaving.h"

#include "base/clock.h"
#include "base/units.h"
#include "server.h"

#include <inttypes.h>
#include <stdio.h>

/* After the deadline: time for the last answers to be read. The margin that was kept for it holds it. */
#define FAREWELL_MS 500

static void leaving_order(struct server *s, enum lane_order order)
{
	s->order = order;
	for (unsigned i = 1; i < s->lane_count; i++)
		lane_wake(s->lanes[i]);
	lane_obey(s->lanes[0]);
}

void leaving_finish(struct server *s)
{
	if (s->order == LANE_END)
		return;
	accepting_finish(&s->service);
	accepting_finish(&s->probes);
	uv_close((uv_handle_t *)&s->timer, NULL);
	uv_close((uv_handle_t *)&s->watch, NULL);
	for (int i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
	leaving_order(s, LANE_END);
}

static void on_farewell(uv_timer_t *timer)
{
	leaving_finish(timer->data);
}

void leaving_look(struct server *s)
{
	if (lameduck_get_state(s->duck) == LAMEDUCK_STOPPED && s->open == 0)
		leaving_finish(s);
}

static void leaving_drain(struct server *s)
{
	if (s->config->on_term != SERVE_DRAIN)
		accepting_close(&s->service, false);
	leaving_order(s, LANE_DRAIN);
}

/* The deadline of a drain: those who still wait are told. Every other end says nothing. */
static void leaving_stop(struct server *s, enum lameduck_why why)
{
	if (s->config->on_term != SERVE_DRAIN || why == LAMEDUCK_WHY_TERM_AGAIN) {
		leaving_finish(s);
		return;
	}
	uint64_t farewell_ms = FAREWELL_MS;
	if (s->config->grace_ns > 0 && s->margin_ms / 2 < FAREWELL_MS)
		farewell_ms = (uint64_t)s->margin_ms / 2;
	accepting_close(&s->service, s->service.is_listening);
	leaving_order(s, LANE_DISMISS);
	uv_update_time(s->timer.loop);
	uv_timer_start(&s->timer, on_farewell, farewell_ms, 0);
	leaving_look(s);
}

void leaving_on_change(struct lameduck *duck, const struct lameduck_change *change, void *server)
{
	struct server *s = server;
	server_log_state(s, change);
	switch (change->to) {
	case LAMEDUCK_LAME:
		leaving_order(s, LANE_LAME);
		break;
	case LAMEDUCK_DRAINING:
		leaving_drain(s);
		break;
	case LAMEDUCK_STOPPED:
		leaving_stop(s, change->why);
		break;
	case LAMEDUCK_STARTING:
	case LAMEDUCK_READY:
		break;
	}
}
