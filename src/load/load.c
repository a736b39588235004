// SPDX-License-Identifier: Apache-2.0
#include "load_inner.h"

#include "base/clock.h"
#include "base/memory.h"
#include "config.h"

#include <stdlib.h>

#define OPEN_STREAMS 100
#define HELD_UP_NS (50 * NS_PER_MS) /* later than this is no jitter: we were stopped, or starved */

static bool load_expects_below_500(int status, void *data)
{
	return status < 500;
}

void load_conclude(struct load *l, struct exchange *x)
{
	const struct outcome *o = &x->outcome;
	if (l->config.rate == 0 && !o->bytes_sent && o->kind != OUTCOME_OK)
		pauses_add(&l->pauses, o->ended_ns);
	if (o->kind == OUTCOME_OK) {
		l->totals.ok++;
		histogram_add(&l->totals.latency, o->ended_ns - o->scheduled_ns);
	} else {
		l->totals.failed++;
	}
	l->sink.outcome(o, l->sink.data);
	exchanges_give_back(&l->exchanges, x);
}

static void load_on_ended(struct exchange *x, struct connection *c, void *data)
{
	struct load *l = data;
	timeouts_remove(x);
	l->in_flight--;
	pool_offer(&l->pool, c);
	load_conclude(l, x);
	/* An answer makes room for the next at once, so that the server is never left without. What ends while it is
	 * being sent makes room for the next turn. */
	if (l->is_starting)
		return;
	l->is_starting = true;
	(void)load_begin_next(l);
	l->is_starting = false;
}

static void load_on_connected(struct connection *c, void *data)
{
	struct load *l = data;
	list_each(node, next, &c->exchanges) timeouts_connected(list_entry(node, struct exchange, place));
	l->totals.connections_opened++;
	pool_offer(&l->pool, c);
}

/* Not a retry: nobody has heard of it. */
static void load_on_unsent(struct exchange *x, struct connection *c, void *data)
{
	struct load *l = data;
	timeouts_connected(x);
	l->totals.connections_reused--;
	list_append(&l->unplaced, &x->place);
	pool_offer(&l->pool, c);
}

static void load_on_changed(struct connection *c, void *data)
{
	struct load *l = data;
	pool_offer(&l->pool, c);
}

static void load_on_left(struct connection *c, bool was_idle, void *data)
{
	struct load *l = data;
	pool_forget(&l->pool, c);
	l->totals.connections_closed_idle += was_idle;
}

static void load_on_unsolicited(struct connection *c, void *data)
{
	struct load *l = data;
	l->totals.unsolicited++;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Some have lost their connection in this very turn, and nothing else will tell of that. */
static bool load_can_place_again(const struct load *l)
{
	if (list_is_empty(&l->unplaced))
		return false;
	const struct exchange *x = list_entry(l->unplaced.next, struct exchange, place);
	return pool_has_place(&l->pool, x->outcome.target);
}

/* When the earliest of what may happen by itself happens; ALARM_NEVER when nothing will. */
static int64_t load_next_ns(const struct load *l, int64_t now)
{
	if (load_can_place_again(l))
		return 0;
	int64_t next = l->stopping ? ALARM_NEVER : agenda_next_ns(&l->agenda, now, load_has_room(l, now));
	next = earlier(next, timeouts_next_ns(&l->timeouts));
	next = earlier(next, pauses_next_ns(&l->pauses));
	return earlier(next, pool_next_expiry_ns(&l->pool));
}

/* Off its connection, without an outcome. */
static void load_drop(struct load *l, struct exchange *x)
{
	timeouts_remove(x);
	l->in_flight--;
	connection_withdraw(x);
	exchanges_give_back(&l->exchanges, x);
}

static void load_time_out(struct load *l, struct exchange *x)
{
	if (x->connection) {
		connection_time_out(x);
		return;
	}
	/* It has just lost the connection on which it waited. */
	list_unlink(&x->place);
	timeouts_remove(x);
	l->in_flight--;
	x->outcome.kind = OUTCOME_WAIT_TIMEOUT;
	x->outcome.ended_ns = clock_ns();
	load_conclude(l, x);
}

static void load_expire(struct load *l, int64_t now)
{
	struct exchange *x;
	while ((x = timeouts_expired(&l->timeouts, now)))
		load_time_out(l, x);
	pool_expire(&l->pool, now);
	pauses_expire(&l->pauses, now);
	if (now >= agenda_give_up_ns(&l->agenda)) {
		load_advance(l, now); /* what has come due since the last turn counts too */
		l->stopping = true;
	}
}

static void load_free(struct load *l)
{
	content_destroy(l->content);
	messages_destroy(l->messages);
	exchanges_finish(&l->exchanges);
	connections_finish(&l->store);
	pauses_finish(&l->pauses);
	free(l);
}

static void load_on_poller_closed(void *data)
{
	struct load *l = data;
	l->closed = true;
	if (l->destroyed)
		load_free(l);
}

static void load_close(struct load *l)
{
	struct exchange *x;
	l->finished = true;
	while ((x = timeouts_oldest(&l->timeouts)))
		load_drop(l, x);
	pool_close_all(&l->pool);
	alarm_close(&l->alarm);
	poller_close(&l->poller, load_on_poller_closed);
}

static void load_finish(struct load *l)
{
	l->totals.not_sent += l->agenda.due - l->agenda.started;
	l->totals.ended_ns = clock_ns();
	load_close(l);
	l->sink.done(&l->totals, l->sink.data);
}

/* What was written may have been processed: it cannot count as not sent. */
static void load_cut(struct load *l)
{
	struct exchange *x;
	while ((x = timeouts_oldest(&l->timeouts))) {
		if (x->connection)
			connection_tell(x);
		if (x->outcome.bytes_sent) {
			connection_time_out(x);
			continue;
		}
		l->totals.not_sent++;
		load_drop(l, x);
	}
}

static bool load_is_over(const struct load *l, int64_t now)
{
	return !l->in_flight && (l->stopping || agenda_is_over(&l->agenda, now));
}

/* What looks overdue may have been answered in time while we could not look: the clock of timeouts stood still. */
static void load_forgive(struct load *l, int64_t now)
{
	if (now - HELD_UP_NS > l->wake_ns)
		timeouts_extend(&l->timeouts, now - l->turned_ns);
}

/* Everything that is due by the clock, and room for more that answers have left: after each turn of the poller, which
 * is also how the alarm rings. */
static void load_turn(void *data)
{
	struct load *l = data;
	if (l->finished)
		return;
	connections_reclaim(&l->store);
	if (l->aborting)
		load_cut(l);
	int64_t now = clock_ns();
	load_forgive(l, now);
	load_expire(l, now);
	load_start_due(l);
	now = clock_ns();
	if (load_is_over(l, now)) {
		load_finish(l);
		return;
	}
	int64_t next = load_next_ns(l, now);
	l->turned_ns = now;
	l->wake_ns = next > now ? next : now;
	alarm_set(&l->alarm, next);
}

static void load_set_owner(struct load *l)
{
	l->owner = (struct connection_owner){
		.poller = &l->poller,
		.store = &l->store,
		.protocol = l->config.protocol,
		.streams = (uint32_t)l->streams,
		.pod_header = l->config.pod_header,
		.upstream_header = l->config.upstream_header,
		.expects = l->config.expects ? l->config.expects : load_expects_below_500,
		.expects_data = l->config.expects_data,
		.tls = l->config.tls,
		.content = l->content,
		.connected = load_on_connected,
		.ended = load_on_ended,
		.unsent = load_on_unsent,
		.changed = load_on_changed,
		.left = load_on_left,
		.unsolicited = load_on_unsolicited,
		.data = l,
	};
}

struct load *load_create(uv_loop_t *loop, const struct load_config *config, const struct load_sink *sink,
			 struct err *err)
{
	if (config_check(config, err) < 0)
		return NULL;
	struct load *l = memory_new(1, sizeof *l);
	l->config = *config;
	l->sink = *sink;
	agenda_init(&l->agenda, config);
	timeouts_init(&l->timeouts, config->timeout_ns, config->connect_timeout_ns);
	exchanges_init(&l->exchanges);
	list_init(&l->begun);
	connections_init(&l->store);
	list_init(&l->unplaced);
	l->streams = config->streams ? config->streams : config->rate > 0 ? OPEN_STREAMS : 1;
	pool_init(&l->pool, &l->config);
	if (messages_create(&l->config, &l->messages, err) < 0)
		goto undo_load;
	if (content_create(&l->config, &l->content, err) < 0)
		goto undo_messages;
	load_set_owner(l);
	if (poller_init(&l->poller, loop, load_turn, l, err) < 0)
		goto undo_content;
	if (alarm_init(&l->alarm, &l->poller, err) < 0)
		goto undo_poller;
	pauses_init(&l->pauses, config->rate > 0 ? 0 : (uint64_t)(config->connections * l->streams));
	return l;

undo_poller: /* the loop has its handle, and the rest goes with that */
	l->finished = l->destroyed = true;
	poller_close(&l->poller, load_on_poller_closed);
	return NULL;
undo_content:
	content_destroy(l->content);
undo_messages:
	messages_destroy(l->messages);
undo_load:
	free(l);
	return NULL;
}

void load_start_at(struct load *l, int64_t at_ns)
{
	l->totals.started_wall_ns = clock_wall_ns() + at_ns - clock_ns();
	l->totals.started_ns = l->totals.last_started_ns = at_ns;
	agenda_start(&l->agenda, l->totals.started_ns);
	l->turned_ns = l->wake_ns = l->totals.started_ns;
	alarm_set(&l->alarm, l->totals.started_ns);
}

void load_start(struct load *l)
{
	load_start_at(l, clock_ns());
}

void load_stop(struct load *l)
{
	if (l->finished)
		return;
	/* What has come due by now counts as scheduled, though it will not be sent. */
	if (l->config.rate > 0 && l->totals.started_ns)
		load_advance(l, clock_ns());
	l->stopping = true;
	alarm_set(&l->alarm, 0);
}

void load_abort(struct load *l)
{
	load_stop(l);
	l->aborting = true;
	if (!l->finished)
		alarm_set(&l->alarm, 0);
}

const struct load_totals *load_totals(const struct load *l)
{
	return &l->totals;
}

void load_destroy(struct load *l)
{
	if (!l)
		return;
	l->destroyed = true;
	if (!l->finished)
		load_close(l);
	if (l->closed)
		load_free(l);
}

void load_run(struct load *l)
{
	poller_run(&l->poller);
}
