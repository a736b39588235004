// SPDX-License-Identifier: Apache-2.0
/* What is due gets a connection. */
#include "load_inner.h"

#include "base/clock.h"
#include "schedule.h"

/* In one turn, those that answers made room for included. Whoever is late is to read answers before he opens more
 * connections: else each request of a backlog gets a new one, which costs six times as much, and makes later still. */
#define STARTS_MAX 128
/* Who is later than this is no longer on time, whatever the reason; with fewer in flight than this it is not because of
 * too many. */
#define BEHIND_NS (10 * NS_PER_MS)
#define BEHIND_IN_FLIGHT 128

static void load_connect(struct load *l, struct exchange *x)
{
	/* Shares of one load give out numbers of their own. */
	uint64_t shares = l->config.shares > 1 ? (uint64_t)l->config.shares : 1;
	x->outcome.connection = l->connections++ * shares + (uint64_t)l->config.share + 1;
	int target = x->outcome.target;
	struct connection *c =
		connection_open(&l->owner, &l->config.targets[target], pool_is_shared(&l->pool, target), x);
	if (!c) {
		timeouts_remove(x);
		l->in_flight--;
		load_conclude(l, x);
		return;
	}
	list_append(&l->begun, &c->begun);
	timeouts_connecting(&l->timeouts, x);
	if (x->outcome.fresh)
		return;
	pool_keep(&l->pool, c);
	pool_offer(&l->pool, c);
}

static void load_reuse(struct load *l, struct connection *c, struct exchange *x)
{
	l->totals.connections_reused++;
	if (connection_is_opening(c))
		timeouts_connecting(&l->timeouts, x);
	connection_take(c, x);
	if (c->state == CONNECTION_BUSY && connection_is_shared(c) && list_is_empty(&c->begun))
		list_append(&l->begun, &c->begun);
	pool_offer(&l->pool, c);
}

static void load_place(struct load *l, struct exchange *x, int64_t now)
{
	bool is_full = false;
	struct connection *c = x->outcome.fresh ? NULL : pool_take(&l->pool, x->outcome.target, now, &is_full);
	if (is_full)
		list_append(&l->unplaced, &x->place);
	else if (c)
		load_reuse(l, c, x);
	else
		load_connect(l, x);
}

/* Those that were there when it began: some may come back. */
static void load_place_again(struct load *l)
{
	struct list *last = l->unplaced.prev, *node = NULL;
	while (node != last && !list_is_empty(&l->unplaced)) {
		node = l->unplaced.next;
		list_unlink(node);
		load_place(l, list_entry(node, struct exchange, place), clock_ns());
	}
}

/* Of the request that is to be begun next. */
static struct schedule_turn load_next_turn(const struct load *l)
{
	const struct load_config *c = &l->config;
	return schedule_turn(c->fresh, c->keepalive, c->target_count, agenda_number(&l->agenda));
}

static void load_send(struct load *l, int64_t now)
{
	struct schedule_turn turn = load_next_turn(l);
	struct exchange *x = exchanges_take(&l->exchanges);
	struct outcome *o = &x->outcome;
	o->fresh = turn.fresh;
	o->target = (uint16_t)turn.target;
	o->started_ns = now;
	o->scheduled_ns = agenda_take(&l->agenda, now);
	l->totals.last_started_ns = o->started_ns;
	histogram_add(&l->totals.lateness, o->started_ns - o->scheduled_ns);
	x->message = messages_find(l->messages, turn.target, turn.path, turn.fresh);
	l->in_flight++;
	timeouts_add(&l->timeouts, x);
	load_place(l, x, now);
}

static bool load_is_within_limits(const struct load *l)
{
	int64_t most = l->config.connections * (l->pool.is_shared ? l->streams : 1);
	if (most && l->in_flight + l->pauses.count >= (uint64_t)most)
		return false;
	if (!most || !l->pool.is_shared)
		return true;
	struct schedule_turn turn = load_next_turn(l);
	return turn.fresh || pool_has_place(&l->pool, turn.target);
}

/* Later than the server is slow: that is our own doing, and one more connection would make it worse. What has been
 * answered is used again; nothing is opened until we are on time, or the server has become the slower one. */
static bool load_is_behind(const struct load *l, int64_t now)
{
	if (l->config.rate == 0 || l->in_flight < BEHIND_IN_FLIGHT)
		return false;
	int64_t late_ns = agenda_late_ns(&l->agenda, now);
	if (late_ns <= BEHIND_NS || late_ns <= now - timeouts_oldest(&l->timeouts)->outcome.started_ns)
		return false;
	struct schedule_turn turn = load_next_turn(l);
	return turn.fresh || !pool_has_open(&l->pool, turn.target);
}

bool load_has_room(const struct load *l, int64_t now)
{
	return load_is_within_limits(l) && !load_is_behind(l, now);
}

void load_advance(struct load *l, int64_t now)
{
	if (!l->stopping)
		agenda_advance(&l->agenda, now, load_has_room(l, now));
	l->totals.scheduled = l->agenda.due;
}

bool load_begin_next(struct load *l)
{
	int64_t now = clock_ns();
	load_advance(l, now);
	if (l->stopping || !agenda_is_waiting(&l->agenda))
		return false;
	if (!load_is_within_limits(l)) {
		l->totals.crowded += agenda_crowd(&l->agenda);
		return false;
	}
	if (load_is_behind(l, now))
		return false;
	l->starts++;
	load_send(l, now);
	return true;
}

void load_start_due(struct load *l)
{
	l->is_starting = true;
	load_place_again(l);
	while (l->starts < STARTS_MAX && load_begin_next(l))
		;
	while (!list_is_empty(&l->begun)) {
		struct connection *c = list_entry(l->begun.next, struct connection, begun);
		list_unlink(&c->begun);
		connection_go(c);
	}
	l->is_starting = false;
	l->starts = 0;
}
