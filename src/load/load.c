// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include "alarm.h"
#include "base/clock.h"
#include "base/memory.h"
#include "connection.h"
#include "pool.h"
#include "schedule.h"

#include <stdlib.h>

#define STARTS_MAX 256                              /* in one turn, so that a backlog does not keep answers waiting */
#define TIMEOUT_MAX_NS (365 * 24 * 3600 * NS_PER_S) /* so that no sum of instants overflows */
#define PAUSE_NS (10 * NS_PER_MS)                   /* closed loop: after a request that could not even be sent */

struct load {
	struct load_config config;
	struct load_sink sink;
	struct load_totals totals;
	struct messages *messages;
	struct connection_owner owner;
	struct alarm alarm;
	struct pool pool;
	uint64_t total; /* how many there will be */
	uint64_t due;   /* how many have come due: waiting = due - started */
	uint64_t started;
	uint64_t in_flight;
	uint64_t connections; /* numbers given out */
	int64_t end_ns;       /* no request is due at or after this */

	/* Each in order of time, as each has one and the same delay. */
	struct list deadlines;         /* everything in flight */
	struct list connect_deadlines; /* what has no connection yet */
	/* Closed loop: when the slots whose request could not be sent may go on. A ring. */
	int64_t *pauses;
	uint64_t pause_first, pause_count;

	int handles; /* not yet closed by the loop */
	bool stopping, aborting, turning, finished, destroyed;
};

bool load_totals_add_up(const struct load_totals *t)
{
	return t->scheduled == t->ok + t->failed + t->not_sent;
}

static bool load_is_open(const struct load *l)
{
	return l->config.rate > 0;
}

static bool load_expects_below_500(int status, void *data)
{
	return status < 500;
}

static void load_turn(struct load *l);

static void load_count(struct load *l, const struct outcome *o)
{
	if (o->kind == OUTCOME_OK) {
		l->totals.ok++;
		histogram_add(&l->totals.latency, o->ended_ns - o->scheduled_ns);
	} else {
		l->totals.failed++;
	}
	l->sink.outcome(o, l->sink.data);
}

/* Our own limits and a service that is away: hammering in a closed loop says nothing about either. */
static void load_pause(struct load *l, const struct outcome *o)
{
	if (load_is_open(l) || o->bytes_sent || o->kind == OUTCOME_OK)
		return;
	uint64_t slots = (uint64_t)l->config.connections;
	l->pauses[(l->pause_first + l->pause_count++) % slots] = o->ended_ns + PAUSE_NS;
}

static void load_on_ended(struct connection *c, void *data)
{
	struct load *l = data;
	list_unlink(&c->deadline);
	list_unlink(&c->connect_deadline);
	l->in_flight--;
	pool_take_back(&l->pool, c);
	load_pause(l, &c->outcome);
	load_count(l, &c->outcome);
	load_turn(l);
}

static void load_on_connected(struct connection *c, void *data)
{
	struct load *l = data;
	list_unlink(&c->connect_deadline);
	l->totals.connections_opened++;
}

static void load_on_left(struct connection *c, bool was_idle, void *data)
{
	struct load *l = data;
	pool_forget(&l->pool, c, was_idle);
	l->totals.connections_closed_idle += was_idle;
}

static void load_on_unsolicited(struct connection *c, void *data)
{
	struct load *l = data;
	l->totals.unsolicited++;
}

static void load_connect(struct load *l, const struct message *message, struct outcome *o)
{
	o->connection = ++l->connections;
	struct connection *c = connection_open(&l->owner, &l->config.targets[o->target], message, o);
	if (!c) {
		load_pause(l, o);
		load_count(l, o);
		return;
	}
	l->handles++;
	l->in_flight++;
	list_append(&l->deadlines, &c->deadline);
	list_append(&l->connect_deadlines, &c->connect_deadline);
}

static void load_reuse(struct load *l, struct connection *c, const struct message *message, const struct outcome *o)
{
	l->totals.connections_reused++;
	l->in_flight++;
	list_append(&l->deadlines, &c->deadline);
	connection_reuse(c, message, o);
}

static void load_send(struct load *l, uint64_t i)
{
	struct schedule_turn turn = schedule_turn(l->config.fresh, l->config.keepalive, l->config.target_count, i);
	struct outcome o = {.fresh = turn.fresh, .target = (uint16_t)turn.target};
	o.started_ns = clock_ns();
	o.scheduled_ns = load_is_open(l) ? l->totals.started_ns + schedule_due_ns(l->config.rate, i) : o.started_ns;
	l->totals.last_started_ns = o.started_ns;
	histogram_add(&l->totals.lateness, o.started_ns - o.scheduled_ns);
	const struct message *message = messages_find(l->messages, turn.target, turn.path, turn.fresh);
	struct connection *c = turn.fresh ? NULL : pool_take_idle(&l->pool, turn.target);
	if (c)
		load_reuse(l, c, message, &o);
	else
		load_connect(l, message, &o);
}

static bool load_has_room(const struct load *l)
{
	int64_t most = l->config.connections;
	return most == 0 || l->in_flight + l->pause_count < (uint64_t)most;
}

/* Open loop: what has come due by now. A closed loop's requests are due when there is room. */
static void load_advance(struct load *l, int64_t now)
{
	if (l->stopping)
		return;
	while (load_is_open(l) && l->due < l->total &&
	       l->totals.started_ns + schedule_due_ns(l->config.rate, l->due) <= now)
		l->due++;
	if (!load_is_open(l) && now < l->end_ns && l->due == l->started && l->due < l->total && load_has_room(l))
		l->due++;
	l->totals.scheduled = l->due;
}

static void load_start_due(struct load *l)
{
	for (int starts = 0; starts < STARTS_MAX && !l->stopping; starts++) {
		load_advance(l, clock_ns());
		if (l->started == l->due || !load_has_room(l))
			return;
		load_send(l, l->started++);
	}
}

static struct connection *load_first(const struct list *head, size_t offset)
{
	return head->next == head ? NULL : (struct connection *)((char *)head->next - offset);
}

#define FIRST(head, member) load_first(&(head), offsetof(struct connection, member))

/* When the earliest of what may happen by itself happens; ALARM_NEVER when nothing will. */
static int64_t load_next_expiry(const struct load *l)
{
	int64_t next = ALARM_NEVER, at;
	const struct connection *c;
	if ((c = FIRST(l->deadlines, deadline)) && (at = c->outcome.started_ns + l->config.timeout_ns) < next)
		next = at;
	if ((c = FIRST(l->connect_deadlines, connect_deadline)) &&
	    (at = c->outcome.started_ns + l->config.connect_timeout_ns) < next)
		next = at;
	if ((at = pool_next_expiry_ns(&l->pool)) < next)
		next = at;
	if (l->pause_count && l->pauses[l->pause_first] < next)
		next = l->pauses[l->pause_first];
	return next;
}

static int64_t load_give_up_ns(const struct load *l)
{
	return l->end_ns == INT64_MAX ? INT64_MAX : l->end_ns + l->config.timeout_ns;
}

static int64_t load_next_start(const struct load *l, int64_t now)
{
	if (l->stopping)
		return ALARM_NEVER;
	if (l->started < l->due)
		return load_has_room(l) ? 0 : load_give_up_ns(l);
	if (load_is_open(l) && l->due < l->total)
		return l->totals.started_ns + schedule_due_ns(l->config.rate, l->due);
	/* A closed loop goes on by answers and pauses; only a turn that was cut short leaves room. */
	return !load_is_open(l) && l->due < l->total && now < l->end_ns && load_has_room(l) ? 0 : ALARM_NEVER;
}

static void load_expire(struct load *l, int64_t now)
{
	struct connection *c;
	while ((c = FIRST(l->connect_deadlines, connect_deadline)) &&
	       c->outcome.started_ns + l->config.connect_timeout_ns <= now)
		connection_time_out(c);
	while ((c = FIRST(l->deadlines, deadline)) && c->outcome.started_ns + l->config.timeout_ns <= now)
		connection_time_out(c);
	pool_expire(&l->pool, now);
	while (l->pause_count && l->pauses[l->pause_first] <= now) {
		l->pause_first = (l->pause_first + 1) % (uint64_t)l->config.connections;
		l->pause_count--;
	}
	/* With a cap on connections a dead server leaves a queue that no time would ever empty. */
	if (now >= load_give_up_ns(l))
		l->stopping = true;
}

static void load_on_handle_closed(void *data)
{
	struct load *l = data;
	if (--l->handles > 0 || !l->destroyed)
		return;
	messages_destroy(l->messages);
	free(l->pauses);
	free(l);
}

static void load_close(struct load *l)
{
	l->finished = true;
	pool_close_all(&l->pool);
	list_each(node, next, &l->deadlines) connection_close(list_entry(node, struct connection, deadline));
	alarm_close(&l->alarm, load_on_handle_closed);
}

static void load_finish(struct load *l)
{
	l->totals.not_sent += l->due - l->started;
	l->totals.ended_ns = clock_ns();
	load_close(l);
	l->sink.done(&l->totals, l->sink.data);
}

/* What was written may have been processed: it cannot count as not sent. */
static void load_cut(struct load *l)
{
	struct connection *c;
	while ((c = FIRST(l->deadlines, deadline))) {
		if (c->sent) {
			connection_time_out(c);
			continue;
		}
		list_unlink(&c->deadline);
		list_unlink(&c->connect_deadline);
		l->in_flight--;
		l->totals.not_sent++;
		connection_close(c);
	}
}

static bool load_is_over(const struct load *l, int64_t now)
{
	if (l->in_flight)
		return false;
	if (l->stopping)
		return true;
	bool all_due = l->due == l->total || (!load_is_open(l) && now >= l->end_ns);
	return all_due && l->started == l->due;
}

/* Everything that is due by the clock. Answers lead here too, so a started request may end inside: not twice at once.
 */
static void load_turn(struct load *l)
{
	if (l->turning || l->finished)
		return;
	l->turning = true;
	if (l->aborting)
		load_cut(l);
	load_expire(l, clock_ns());
	load_start_due(l);
	l->turning = false;
	int64_t now = clock_ns();
	if (load_is_over(l, now)) {
		load_finish(l);
		return;
	}
	int64_t start = load_next_start(l, now), expiry = load_next_expiry(l);
	alarm_set(&l->alarm, start < expiry ? start : expiry);
}

static void load_on_alarm(void *data)
{
	load_turn(data);
}

static int load_check(const struct load_config *c, struct err *err)
{
	if (c->target_count < 1 || c->target_count > LOAD_TARGETS_MAX)
		return err_input(err, "%d targets: expected 1 to %d", c->target_count, LOAD_TARGETS_MAX);
	if (!c->fresh && !c->keepalive)
		return err_input(err, "neither fresh nor kept-alive connections");
	if (!(c->rate >= 0) || c->rate > 1e9)
		return err_input(err, "a rate of %g per second", c->rate);
	if (c->rate == 0 && c->connections < 1)
		return err_input(err, "a closed loop needs at least one connection");
	if (c->requests < 0 || c->duration_ns < 0)
		return err_input(err, "a negative number of requests, or a negative duration");
	if (c->timeout_ns <= 0 || c->timeout_ns > TIMEOUT_MAX_NS || c->connect_timeout_ns <= 0 ||
	    c->connect_timeout_ns > TIMEOUT_MAX_NS)
		return err_input(err, "a timeout is between 1 ns and a year");
	for (int i = 0; i < c->target_count; i++) {
		if (!c->targets[i].path && !(c->paths && c->paths[0]))
			return err_input(err, "no path to ask for");
		if (!c->targets[i].host_header && !c->host_header)
			return err_input(err, "no Host header");
	}
	return 0;
}

static void load_set_owner(struct load *l, uv_loop_t *loop)
{
	l->owner = (struct connection_owner){
		.loop = loop,
		.pod_header = l->config.pod_header,
		.upstream_header = l->config.upstream_header,
		.expects = l->config.expects ? l->config.expects : load_expects_below_500,
		.expects_data = l->config.expects_data,
		.connected = load_on_connected,
		.ended = load_on_ended,
		.left = load_on_left,
		.unsolicited = load_on_unsolicited,
		.freed = load_on_handle_closed,
		.data = l,
	};
}

struct load *load_create(uv_loop_t *loop, const struct load_config *config, const struct load_sink *sink,
			 struct err *err)
{
	if (load_check(config, err) < 0)
		return NULL;
	struct load *l = memory_new(1, sizeof *l);
	l->config = *config;
	l->sink = *sink;
	list_init(&l->deadlines);
	list_init(&l->connect_deadlines);
	pool_init(&l->pool, l->config.targets, l->config.target_count);
	load_set_owner(l, loop);
	if (messages_create(&l->config, &l->messages, err) < 0)
		goto undo_load;
	if (alarm_init(&l->alarm, loop, load_on_alarm, l, err) < 0)
		goto undo_messages;
	l->handles = 1;
	if (!load_is_open(l))
		l->pauses = memory_new((size_t)config->connections, sizeof *l->pauses);
	l->total = load_is_open(l) ? schedule_total(config->rate, config->requests, config->duration_ns)
				   : schedule_total(0, config->requests, 0);
	return l;

undo_messages:
	messages_destroy(l->messages);
undo_load:
	free(l);
	return NULL;
}

void load_start(struct load *l)
{
	l->totals.started_wall_ns = clock_wall_ns();
	l->totals.started_ns = l->totals.last_started_ns = clock_ns();
	l->end_ns = INT64_MAX;
	if (l->config.duration_ns && l->config.duration_ns < INT64_MAX / 2)
		l->end_ns = l->totals.started_ns + l->config.duration_ns;
	alarm_set(&l->alarm, l->totals.started_ns);
}

void load_stop(struct load *l)
{
	if (l->finished)
		return;
	/* What has come due by now counts as scheduled, though it will not be sent. */
	if (load_is_open(l) && l->totals.started_ns)
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
	l->handles++;
	load_on_handle_closed(l);
}
