// SPDX-License-Identifier: Apache-2.0
#include "conductor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "load/worker.h"
#include "newcomers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 100
#define TRIAL_RATE 50                  /* requests per second at most */
#define TRIAL_CLEAN (1500 * NS_PER_MS) /* so long without a failure: it serves */
#define ANSWER_MAX (30 * NS_PER_S)     /* so long is waited at the end for new pods that have not answered yet */
#define TRIAL_MAX (120 * NS_PER_S)     /* then it never will, and that is what is rehearsed */

struct conductor {
	uv_loop_t *loop;
	struct conductor_config config;
	struct cluster *cluster;
	struct run *run;
	struct worker *worker; /* of the trial, then of the load */
	struct load_config trial;
	bool is_trial;
	int64_t trial_started_ns, trial_failed_ns;
	uint64_t trial_answered;
	uv_timer_t tick, step, limit;
	enum conductor_phase phase;
	int64_t started_ns;
	int rollouts_left;
	int interrupts;
	uint64_t answered, lost;
	struct newcomers newcomers;
	int64_t cooling_ns;
	bool awaited; /* new pods that have not answered yet */
	struct load_totals totals;
	bool has_totals;
	const struct verdict *verdict;
	struct err failure;        /* why the cluster could not go on */
	struct err record_failure; /* why the record is not whole */
};

static void enter(struct conductor *c, enum conductor_phase next);

/* ---- the load ---- */

static void load_outcome(const struct outcome *o, void *data)
{
	struct conductor *c = data;
	if (o->kind == OUTCOME_OK)
		c->answered++;
	else if (!outcome_is_client_side(o->kind))
		c->lost++;
	int pod = c->cluster->pod_of(o, c->cluster->self);
	if (o->kind == OUTCOME_OK)
		newcomers_answered(&c->newcomers, pod);
	run_outcome(c->run, o, pod);
}

/* Killed, or out of memory: what it had said by then is kept. */
static void note_lost_worker(struct conductor *c)
{
	if (worker_failed(c->worker) && c->failure.kind == ERR_NONE)
		err_system(&c->failure, 0, "the load (a process of its own) ended by itself");
}

static void load_done(const struct load_totals *totals, void *data)
{
	struct conductor *c = data;
	c->totals = *totals;
	c->has_totals = !worker_failed(c->worker);
	note_lost_worker(c);
	enter(c, CONDUCTOR_ENDED);
}

static int start_load(struct conductor *c, struct err *err)
{
	struct load_sink sink = {load_outcome, load_done, c};
	c->worker = worker_start(c->loop, &c->config.load, -1, &sink, err);
	return c->worker ? 0 : -EIO;
}

/* ---- the trial: nothing of it is recorded ---- */

static void trial_outcome(const struct outcome *o, void *data)
{
	struct conductor *c = data;
	if (o->kind == OUTCOME_OK)
		c->trial_answered++;
	else if (c->phase == CONDUCTOR_TRYING)
		c->trial_failed_ns = clock_ns();
}

static void trial_done(const struct load_totals *totals, void *data)
{
	struct conductor *c = data;
	note_lost_worker(c);
	worker_destroy(c->worker);
	c->worker = NULL;
	c->is_trial = false;
	bool goes_on = c->phase == CONDUCTOR_TRYING && c->failure.kind == ERR_NONE;
	enter(c, goes_on ? CONDUCTOR_WARMING : CONDUCTOR_ENDED);
}

static int start_trial(struct conductor *c, struct err *err)
{
	int rc = c->cluster->targets(c->cluster->self, &c->config.load, err);
	if (rc < 0)
		return rc;
	c->trial = c->config.load;
	if (c->trial.rate == 0 || c->trial.rate > TRIAL_RATE)
		c->trial.rate = TRIAL_RATE;
	c->is_trial = true;
	c->trial_started_ns = c->trial_failed_ns = clock_ns();
	struct load_sink sink = {trial_outcome, trial_done, c};
	c->worker = worker_start(c->loop, &c->trial, -1, &sink, err);
	return c->worker ? 0 : -EIO;
}

static void look_at_trial(struct conductor *c)
{
	int64_t now = clock_ns();
	bool serves = c->trial_answered && now - c->trial_failed_ns >= TRIAL_CLEAN;
	if (c->worker && (serves || now - c->trial_started_ns >= TRIAL_MAX))
		worker_abort(c->worker);
}

/* ---- phases ---- */

static void roll(struct conductor *c)
{
	c->rollouts_left--;
	c->cluster->restart(c->cluster->self);
}

static void wait_step(struct conductor *c, int64_t ns);

static void cool_down(struct conductor *c)
{
	bool was_waiting = c->awaited;
	c->awaited = newcomers_are_awaited(&c->newcomers) && clock_ns() - c->cooling_ns < ANSWER_MAX;
	if (c->awaited)
		wait_step(c, TICK_MS * NS_PER_MS);
	else if (was_waiting)
		wait_step(c, c->config.cooldown_ns);
	else
		enter(c, CONDUCTOR_DRAINING);
}

static void step_over(uv_timer_t *timer)
{
	struct conductor *c = timer->data;
	if (c->phase == CONDUCTOR_WARMING)
		enter(c, CONDUCTOR_ROLLING);
	else if (c->phase == CONDUCTOR_ROLLING)
		roll(c); /* the next of several */
	else if (c->phase == CONDUCTOR_COOLING)
		cool_down(c);
}

static void wait_step(struct conductor *c, int64_t ns)
{
	uv_update_time(c->loop);
	uv_timer_start(&c->step, step_over, (uint64_t)(ns / NS_PER_MS), 0);
}

static void limit_over(uv_timer_t *timer)
{
	struct conductor *c = timer->data;
	if (c->phase < CONDUCTOR_DRAINING)
		enter(c, CONDUCTOR_DRAINING);
}

/* The record has a hole; the run goes on. The first reason is kept. */
static void note_record(struct conductor *c, const struct err *err)
{
	if (err->kind != ERR_NONE && c->record_failure.kind == ERR_NONE)
		c->record_failure = *err;
}

static void end(struct conductor *c)
{
	struct err err = {0};
	c->verdict = run_finish(c->run, c->has_totals ? &c->totals : NULL, c->cluster->pod_of, c->cluster->self, &err);
	note_record(c, &err);
	uv_close((uv_handle_t *)&c->tick, NULL);
	uv_close((uv_handle_t *)&c->step, NULL);
	uv_close((uv_handle_t *)&c->limit, NULL);
	worker_destroy(c->worker);
	c->worker = NULL;
	c->cluster->stop(c->cluster->self);
}

static void fail(struct conductor *c, const struct err *err)
{
	if (c->failure.kind == ERR_NONE)
		c->failure = *err;
	enter(c, CONDUCTOR_DRAINING);
}

/* The only writer of the phase. */
static void enter(struct conductor *c, enum conductor_phase next)
{
	if (next <= c->phase)
		return;
	c->phase = next;
	uv_timer_stop(&c->step);
	struct err err = {0};
	switch (next) {
	case CONDUCTOR_STARTING:
		break;
	case CONDUCTOR_TRYING:
		if (start_trial(c, &err) < 0)
			return fail(c, &err);
		break;
	case CONDUCTOR_WARMING:
		if (start_load(c, &err) < 0)
			return fail(c, &err);
		wait_step(c, c->config.warmup_ns);
		if (c->config.duration_ns)
			uv_timer_start(&c->limit, limit_over, (uint64_t)(c->config.duration_ns / NS_PER_MS), 0);
		break;
	case CONDUCTOR_ROLLING:
		roll(c);
		break;
	case CONDUCTOR_COOLING:
		c->cooling_ns = clock_ns();
		wait_step(c, c->config.cooldown_ns);
		break;
	case CONDUCTOR_DRAINING:
		if (!c->worker)
			enter(c, CONDUCTOR_ENDED);
		else if (c->is_trial)
			worker_abort(c->worker);
		else
			worker_stop(c->worker);
		break;
	case CONDUCTOR_ENDED:
		end(c);
		break;
	}
	if (c->config.progress && c->phase == next)
		c->config.progress(c, NULL, c->config.progress_data);
}

/* ---- the cluster ---- */

static void cluster_pod(int index, const struct cluster_pod *pod, void *data)
{
	struct conductor *c = data;
	newcomers_pod(&c->newcomers, index, pod);
	run_pod(c->run, index, pod);
}

static void cluster_plane(int index, const struct cluster_plane *plane, void *data)
{
	struct conductor *c = data;
	run_plane(c->run, index, plane);
}

static void cluster_event(const struct event *event, void *data)
{
	struct conductor *c = data;
	if (c->phase == CONDUCTOR_ENDED)
		return;
	run_event(c->run, event);
	newcomers_event(&c->newcomers, event);
	if (c->config.progress)
		c->config.progress(c, event, c->config.progress_data);
	if (event->kind == EVENT_ROLLOUT_SETTLED && c->phase == CONDUCTOR_ROLLING) {
		if (c->rollouts_left > 0)
			wait_step(c, c->config.warmup_ns);
		else
			enter(c, CONDUCTOR_COOLING);
	}
	if (event->kind == EVENT_ROLLOUT_STALLED && c->phase == CONDUCTOR_ROLLING)
		enter(c, CONDUCTOR_COOLING);
}

static void cluster_ready(void *data)
{
	enter(data, CONDUCTOR_TRYING);
}

static void cluster_failed(const struct err *err, void *data)
{
	fail(data, err);
}

struct cluster_sink conductor_sink(struct conductor *c)
{
	return (struct cluster_sink){cluster_pod, cluster_plane, cluster_event, cluster_ready, cluster_failed, c};
}

static void tick(uv_timer_t *timer)
{
	struct conductor *c = timer->data;
	struct err err = {0};
	if (run_tick(c->run, &err) < 0)
		note_record(c, &err);
	if (c->phase == CONDUCTOR_TRYING)
		look_at_trial(c);
	if (c->config.progress)
		c->config.progress(c, NULL, c->config.progress_data);
}

/* ---- life ---- */

struct conductor *conductor_create(uv_loop_t *loop, const struct conductor_config *config, struct err *err)
{
	struct conductor *c = memory_new(1, sizeof *c);
	*c = (struct conductor){
		.loop = loop, .config = *config, .rollouts_left = config->rollouts, .started_ns = clock_ns()};
	struct run_config run = {.facts = config->facts, .record_path = config->record};
	c->run = run_create(&run, err);
	if (!c->run) {
		free(c);
		return NULL;
	}
	uv_timer_init(loop, &c->tick);
	uv_timer_init(loop, &c->step);
	uv_timer_init(loop, &c->limit);
	c->tick.data = c->step.data = c->limit.data = c;
	return c;
}

int conductor_start(struct conductor *c, struct cluster *cluster, struct err *err)
{
	c->cluster = cluster;
	uv_timer_start(&c->tick, tick, TICK_MS, TICK_MS);
	return cluster->start(cluster->self, err);
}

void conductor_interrupt(struct conductor *c)
{
	if (c->interrupts++ && c->worker)
		worker_abort(c->worker);
	else
		enter(c, CONDUCTOR_DRAINING);
}

const struct verdict *conductor_verdict(const struct conductor *c, struct err *err)
{
	if (c->failure.kind != ERR_NONE)
		*err = c->failure;
	else if (c->record_failure.kind != ERR_NONE)
		*err = c->record_failure;
	return c->failure.kind != ERR_NONE && !c->answered && !c->lost ? NULL : c->verdict;
}

const struct timeline *conductor_timeline(const struct conductor *c)
{
	return run_timeline(c->run);
}

void conductor_destroy(struct conductor *c)
{
	if (!c)
		return;
	if (c->cluster)
		c->cluster->destroy(c->cluster->self);
	run_destroy(c->run);
	newcomers_finish(&c->newcomers);
	free(c);
}

enum conductor_phase conductor_phase(const struct conductor *c)
{
	return c->phase;
}

int64_t conductor_elapsed_ns(const struct conductor *c)
{
	return clock_ns() - c->started_ns;
}

void conductor_counts(const struct conductor *c, uint64_t *ret_answered, uint64_t *ret_lost)
{
	*ret_answered = c->answered;
	*ret_lost = c->lost;
}
