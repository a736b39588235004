// SPDX-License-Identifier: Apache-2.0
#include "work.h"

#include "lane.h"
#include "server.h"

void gate_init(struct gate *g, int64_t places)
{
	*g = (struct gate){.places = places};
	list_init(&g->waiting);
	uv_mutex_init(&g->lock);
}

void gate_finish(struct gate *g)
{
	uv_mutex_destroy(&g->lock);
}

static struct gate *work_gate(const struct work *w)
{
	return &w->lane->server->gate;
}

static bool gate_enter(struct gate *g, struct work *w)
{
	if (g->places == 0)
		return true;
	uv_mutex_lock(&g->lock);
	bool is_room = g->taken < g->places;
	if (is_room)
		g->taken++;
	else
		list_append(&g->waiting, &w->link);
	uv_mutex_unlock(&g->lock);
	return is_room;
}

/* The place goes to whoever waits longest, in whichever lane that is; it is told there. */
static void gate_leave(struct gate *g)
{
	struct lane *lane = NULL;
	if (!g || g->places == 0)
		return;
	uv_mutex_lock(&g->lock);
	if (list_is_empty(&g->waiting)) {
		g->taken--;
	} else {
		struct work *next = list_entry(g->waiting.next, struct work, link);
		lane = next->lane;
		next->is_granted = true;
		list_unlink(&next->link);
		list_append(&lane->granted, &next->link);
	}
	uv_mutex_unlock(&g->lock);
	if (lane)
		lane_wake(lane);
}

/* Its gate, to be left; NULL: it takes no place. */
static struct gate *work_end(struct work *w)
{
	w->state = WORK_NONE;
	w->is_granted = false;
	return w->route.kind == ROUTE_PAGE ? work_gate(w) : NULL;
}

/* The answer is written before the next one gets the place. */
static void work_finish(struct work *w)
{
	struct gate *g = work_end(w);
	w->done(w);
	gate_leave(g);
}

static void on_waited(struct deadline *d)
{
	work_finish(list_entry(d, struct work, wait));
}

/* Holds its place. False: it takes a while. */
static bool work_go(struct work *w)
{
	w->state = WORK_ON;
	if (w->route.wait_ns == ROUTE_FOR_EVER)
		return false;
	if (w->route.wait_ns > 0) {
		deadline_set(&w->lane->deadlines, &w->wait, lane_after(w->lane, w->route.wait_ns));
		return false;
	}
	return true;
}

void work_init(struct work *w, struct lane *lane, void (*done)(struct work *w))
{
	*w = (struct work){.lane = lane, .done = done};
	list_init(&w->link);
	deadline_init(&w->wait, on_waited);
}

static bool work_begin_hook(struct work *w)
{
	struct server *s = w->lane->server;
	lameduck_prestop(s->duck);
	if (w->lane->order >= LANE_DRAIN)
		return true;
	w->state = WORK_ON;
	list_append(&w->lane->hooks, &w->link);
	return false;
}

void work_release_hooks(struct lane *l)
{
	while (!list_is_empty(&l->hooks)) {
		struct work *w = list_entry(l->hooks.next, struct work, link);
		list_unlink(&w->link);
		work_finish(w);
	}
}

bool work_begin(struct work *w, const struct route *route)
{
	w->route = *route;
	if (route->kind == ROUTE_PRESTOP)
		return work_begin_hook(w);
	if (route->kind == ROUTE_PAGE && !gate_enter(work_gate(w), w)) {
		w->state = WORK_QUEUED;
		return false;
	}
	if (!work_go(w))
		return false;
	gate_leave(work_end(w));
	return true;
}

void work_cancel(struct work *w)
{
	if (w->state == WORK_NONE)
		return;
	deadline_remove(&w->lane->deadlines, &w->wait);
	if (w->route.kind == ROUTE_PRESTOP)
		list_unlink(&w->link);
	if (w->state == WORK_QUEUED) {
		struct gate *g = work_gate(w);
		uv_mutex_lock(&g->lock);
		list_unlink(&w->link);
		bool has_place = w->is_granted;
		uv_mutex_unlock(&g->lock);
		w->state = WORK_NONE;
		if (!has_place)
			return;
	}
	gate_leave(work_end(w));
}

static struct work *granted_take(struct lane *l)
{
	struct gate *g = &l->server->gate;
	struct work *w = NULL;
	uv_mutex_lock(&g->lock);
	if (!list_is_empty(&l->granted)) {
		w = list_entry(l->granted.next, struct work, link);
		list_unlink(&w->link);
	}
	uv_mutex_unlock(&g->lock);
	return w;
}

void work_take_granted(struct lane *l)
{
	struct work *w;
	if (l->server->gate.places == 0)
		return;
	while ((w = granted_take(l)))
		if (work_go(w))
			work_finish(w);
}
