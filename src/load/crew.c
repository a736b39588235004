// SPDX-License-Identifier: Apache-2.0
#include "crew.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define LEAD_NS NS_PER_MS /* from the word to the first request: time for every member to wake */

enum order { ORDER_START = 1, ORDER_STOP = 2, ORDER_ABORT = 4, ORDER_REPORT = 8 };

struct member {
	struct crew *crew;
	int index;
	pthread_t thread;
	atomic_uint orders;

	/* the thread's own */
	uv_loop_t loop;
	struct load *load;
	bool is_started;

	pthread_mutex_t lock; /* of what follows; nothing else is locked while it is held */
	uv_async_t called;
	bool is_gone; /* and cannot be called */
	struct load_totals report;
};

struct crew {
	struct crew_sink sink;
	struct load_totals totals;
	_Atomic int64_t start_ns;
	atomic_bool is_silent; /* nobody listens any more */
	int count;
	atomic_int gone;
	uv_async_t ended;
	bool is_done, is_closed, is_destroyed;
	struct member members[];
};

static void member_report(struct member *m, const struct load_totals *totals)
{
	pthread_mutex_lock(&m->lock);
	m->report = *totals;
	pthread_mutex_unlock(&m->lock);
}

static void member_on_called(uv_async_t *async)
{
	struct member *m = async->data;
	unsigned orders = atomic_exchange(&m->orders, 0);
	/* A load that is to end without having begun ends as soon as it has. */
	if ((orders & (ORDER_START | ORDER_STOP | ORDER_ABORT)) && !m->is_started) {
		m->is_started = true;
		int64_t start_ns = atomic_load(&m->crew->start_ns);
		load_start_at(m->load, start_ns ? start_ns : clock_ns());
	}
	if (orders & ORDER_STOP)
		load_stop(m->load);
	if (orders & ORDER_ABORT)
		load_abort(m->load);
	if (orders & ORDER_REPORT)
		member_report(m, load_totals(m->load));
}

static void member_on_outcome(const struct outcome *o, void *data)
{
	struct member *m = data;
	struct crew *c = m->crew;
	if (!atomic_load_explicit(&c->is_silent, memory_order_relaxed))
		c->sink.outcome(o, m->index, c->sink.data);
}

static void member_on_done(const struct load_totals *totals, void *data)
{
	struct member *m = data;
	member_report(m, totals);
	pthread_mutex_lock(&m->lock);
	m->is_gone = true;
	pthread_mutex_unlock(&m->lock);
	uv_close((uv_handle_t *)&m->called, NULL);
}

static void *member_run(void *data)
{
	struct member *m = data;
	struct crew *c = m->crew;
	(void)prctl(PR_SET_TIMERSLACK, 1);
	load_run(m->load);
	load_destroy(m->load);
	atomic_fetch_add(&c->gone, 1);
	(void)uv_async_send(&c->ended);
	return NULL;
}

/* What is only the thread's later is made here, before there is one. */
static int member_prepare(struct member *m, const struct load_config *config, struct err *err)
{
	struct load_sink sink = {.outcome = member_on_outcome, .done = member_on_done, .data = m};
	int rc = uv_loop_init(&m->loop);
	if (rc < 0)
		return err_system(err, -rc, "event loop");
	rc = uv_async_init(&m->loop, &m->called, member_on_called);
	if (rc < 0) {
		uv_loop_close(&m->loop);
		return err_system(err, -rc, "event loop");
	}
	m->called.data = m;
	m->load = load_create(&m->loop, config, &sink, err);
	if (m->load)
		return 0;
	uv_close((uv_handle_t *)&m->called, NULL);
	uv_run(&m->loop, UV_RUN_DEFAULT);
	uv_loop_close(&m->loop);
	return -EINVAL;
}

/* The undoing of member_prepare, when no thread has come of it. */
static void member_discard(struct member *m)
{
	load_destroy(m->load);
	uv_close((uv_handle_t *)&m->called, NULL);
	uv_run(&m->loop, UV_RUN_DEFAULT);
	uv_loop_close(&m->loop);
}

/* Signals are for the thread that made us. */
static int member_begin(struct member *m, struct err *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_mutex_init(&m->lock, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&m->thread, NULL, member_run, m);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? err_system(err, error, "start a thread") : 0;
}

static int member_create(struct member *m, const struct load_config *config, struct err *err)
{
	int rc = member_prepare(m, config, err);
	if (rc < 0)
		return rc;
	rc = member_begin(m, err);
	if (rc < 0)
		member_discard(m);
	return rc;
}

static void crew_order(struct crew *c, unsigned orders)
{
	for (struct member *m = c->members; m < c->members + c->count; m++) {
		atomic_fetch_or(&m->orders, orders);
		pthread_mutex_lock(&m->lock);
		if (!m->is_gone)
			(void)uv_async_send(&m->called);
		pthread_mutex_unlock(&m->lock);
	}
}

static void crew_join(struct crew *c)
{
	for (struct member *m = c->members; m < c->members + c->count; m++) {
		(void)pthread_join(m->thread, NULL);
		uv_loop_close(&m->loop);
	}
}

static void crew_add_up(struct crew *c)
{
	memset(&c->totals, 0, sizeof c->totals);
	for (struct member *m = c->members; m < c->members + c->count; m++) {
		pthread_mutex_lock(&m->lock);
		load_totals_merge(&c->totals, &m->report);
		pthread_mutex_unlock(&m->lock);
	}
}

static void crew_on_closed(uv_handle_t *handle)
{
	struct crew *c = handle->data;
	c->is_closed = true;
	if (c->is_destroyed)
		free(c);
}

static void crew_end(struct crew *c)
{
	c->is_done = true;
	crew_join(c);
	crew_add_up(c);
	uv_close((uv_handle_t *)&c->ended, crew_on_closed);
}

static void crew_on_ended(uv_async_t *async)
{
	struct crew *c = async->data;
	if (c->is_done || atomic_load(&c->gone) < c->count)
		return;
	crew_end(c);
	c->sink.done(&c->totals, c->sink.data);
}

/* A share of the connections for each, the first ones get what does not go up evenly. */
static struct load_config crew_share(const struct load_config *config, int share, int shares)
{
	struct load_config own = *config;
	own.share = share;
	own.shares = shares;
	own.connections = config->connections / shares + (share < config->connections % shares);
	return own;
}

static int crew_size(const struct load_config *config, int threads)
{
	return config->connections && config->connections < threads ? (int)config->connections : threads;
}

struct crew *crew_create(uv_loop_t *loop, const struct load_config *config, int threads, const struct crew_sink *sink,
			 struct err *err)
{
	if (threads < 1 || threads > CREW_MAX) {
		err_input(err, "%d threads: expected 1 to %d", threads, CREW_MAX);
		return NULL;
	}
	int count = crew_size(config, threads);
	struct crew *c = memory_new(1, sizeof *c + (size_t)count * sizeof c->members[0]);
	c->sink = *sink;
	int rc = uv_async_init(loop, &c->ended, crew_on_ended);
	if (rc < 0) {
		err_system(err, -rc, "event loop");
		free(c);
		return NULL;
	}
	c->ended.data = c;
	while (c->count < count) {
		struct load_config own = crew_share(config, c->count, count);
		struct member *m = &c->members[c->count];
		m->crew = c;
		m->index = c->count;
		if (member_create(m, &own, err) < 0)
			goto undo;
		c->count++;
	}
	return c;

undo:
	crew_destroy(c);
	return NULL;
}

int crew_members(const struct crew *c)
{
	return c->count;
}

void crew_start(struct crew *c)
{
	atomic_store(&c->start_ns, clock_ns() + LEAD_NS);
	crew_order(c, ORDER_START);
}

int64_t crew_start_ns(const struct crew *c)
{
	return atomic_load_explicit(&c->start_ns, memory_order_relaxed);
}

void crew_stop(struct crew *c)
{
	crew_order(c, ORDER_STOP);
}

void crew_abort(struct crew *c)
{
	crew_order(c, ORDER_ABORT);
}

const struct load_totals *crew_totals(struct crew *c)
{
	if (!c->is_done) {
		crew_add_up(c);
		crew_order(c, ORDER_REPORT);
	}
	return &c->totals;
}

void crew_destroy(struct crew *c)
{
	if (!c)
		return;
	c->is_destroyed = true;
	if (!c->is_done) {
		atomic_store(&c->is_silent, true);
		crew_abort(c);
		crew_end(c);
	}
	if (c->is_closed)
		free(c);
}
