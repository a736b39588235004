// SPDX-License-Identifier: Apache-2.0
/* controller.c - the Deployment controller: makes and deletes pods as rolling.h allows, until all are new. */
#include "state.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool is_mine(const struct controller *c, const struct pod *p)
{
	return p->owner == c && p->phase != POD_GONE;
}

static bool is_new(const struct controller *c, const struct pod *p)
{
	return p->info.revision == c->revision;
}

static struct rolling_side count_side(const struct controller *c, bool new)
{
	struct rolling_side side = {0};
	for (int i = 0; i < c->lab->pod_count; i++) {
		const struct pod *p = c->lab->pods[i];
		if (!is_mine(c, p) || p->deleted || is_new(c, p) != new)
			continue;
		side.created++;
		side.available += p->available;
	}
	return side;
}

static bool any_old_left(const struct controller *c)
{
	for (int i = 0; i < c->lab->pod_count; i++)
		if (is_mine(c, c->lab->pods[i]) && !is_new(c, c->lab->pods[i]))
			return true;
	return false;
}

/* Pods of the same ReplicaSet on the same node: the most crowded go first. */
static int crowd(const struct controller *c, const struct pod *p)
{
	int n = 0;
	for (int i = 0; i < c->lab->pod_count; i++) {
		const struct pod *other = c->lab->pods[i];
		n += is_mine(c, other) && !other->deleted && other->info.revision == p->info.revision &&
		     other->info.node == p->info.node;
	}
	return n;
}

/* The order in which a ReplicaSet gives up its pods (ActivePodsWithRanks): oldest revision, not running, not ready,
 * most crowded node; among equals any. */
static struct pod *choose_victim(struct controller *c, bool available)
{
	struct pod *best = NULL;
	int64_t best_score = INT64_MIN;
	for (int i = 0; i < c->lab->pod_count; i++) {
		struct pod *p = c->lab->pods[i];
		if (!is_mine(c, p) || p->deleted || is_new(c, p) || p->available != available)
			continue;
		int64_t score = -(int64_t)p->info.revision * 1000000000 + (p->phase != POD_RUNNING) * 100000000 +
				(!p->ready) * 10000000 + crowd(c, p) * 1000 + random_between(&c->lab->victims, 0, 999);
		if (score > best_score) {
			best_score = score;
			best = p;
		}
	}
	return best;
}

static void delete_some(struct controller *c, int64_t count, bool available)
{
	for (; count > 0; count--) {
		struct pod *victim = choose_victim(c, available);
		if (!victim)
			return;
		pod_delete(victim);
	}
}

static void create_some(struct controller *c, int64_t count)
{
	for (; count > 0; count--)
		(void)pod_create(c->lab, c, c->revision);
}

static void step_rolling(struct controller *c)
{
	create_some(c, rolling_grow(&c->rolling, count_side(c, false), count_side(c, true)));
	struct rolling_shrink shrink = rolling_shrink(&c->rolling, count_side(c, false), count_side(c, true));
	delete_some(c, shrink.unavailable, false);
	delete_some(c, shrink.available, true);
}

/* All old pods are deleted, and only when the last is gone new ones are made. */
static void step_recreate(struct controller *c)
{
	delete_some(c, c->rolling.replicas, true);
	delete_some(c, c->rolling.replicas, false);
	if (!any_old_left(c))
		create_some(c, c->rolling.replicas - count_side(c, true).created);
}

static void note_progress(struct controller *c, struct rolling_side old, struct rolling_side new)
{
	struct lab *lab = c->lab;
	bool moved = new.created != c->seen_created || new.available != c->seen_available;
	c->seen_created = new.created;
	c->seen_available = new.available;
	if (moved && !c->complete)
		later_start(&c->deadline, c->deployment->progress_deadline_s * NS_PER_S);
	if (!c->complete && new.available == c->rolling.replicas && old.created == 0) {
		c->complete = true;
		later_stop(&c->deadline);
		if (c == lab->target && c->revision > 1)
			lab_emit(lab, EVENT_ROLLOUT_COMPLETE, NULL, EVENT_NONE, 0, "%s", c->deployment->name);
	}
	if (c->complete && !c->settled && !any_old_left(c)) {
		c->settled = true;
		if (c == lab->target && c->revision > 1)
			lab_emit(lab, EVENT_ROLLOUT_SETTLED, NULL, EVENT_NONE, 0, "%s", c->deployment->name);
		lab_check_ready(lab);
	}
}

static void reconcile(void *data)
{
	struct controller *c = data;
	if (c->deployment->strategy == STRATEGY_RECREATE)
		step_recreate(c);
	else
		step_rolling(c);
	note_progress(c, count_side(c, false), count_side(c, true));
}

static void deadline(void *data)
{
	struct controller *c = data;
	lab_emit(c->lab, EVENT_ROLLOUT_STALLED, NULL, EVENT_NONE, 0,
		 "%s: no progress for %lld s (progressDeadlineSeconds)", c->deployment->name,
		 (long long)c->deployment->progress_deadline_s);
	if (c->revision == 1) {
		struct err err = {0};
		err_system(&err, 0, "deployment/%s does not become available (no progress for %lld s)",
			   c->deployment->name, (long long)c->deployment->progress_deadline_s);
		lab_fail(c->lab, &err);
	}
}

void controller_init(struct controller *c, struct lab *lab, const struct deployment *d)
{
	*c = (struct controller){.lab = lab, .deployment = d, .rolling = rolling_resolve(d)};
	later_init(&c->sync, lab->loop, reconcile, c);
	later_init(&c->deadline, lab->loop, deadline, c);
}

void controller_roll(struct controller *c)
{
	c->revision++;
	c->complete = c->settled = false;
	c->seen_created = c->seen_available = -1;
	if (c == c->lab->target && c->revision > 1)
		lab_emit(c->lab, EVENT_ROLLOUT_STARTED, NULL, EVENT_NONE, 0, "%s", c->deployment->name);
	later_start(&c->sync, TIMING_CONTROLLER);
}

void controller_pod_changed(struct controller *c)
{
	if (!later_is_waiting(&c->sync))
		later_start(&c->sync, TIMING_CONTROLLER);
}

void controller_stop(struct controller *c)
{
	later_close(&c->sync);
	later_close(&c->deadline);
}
