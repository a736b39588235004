// SPDX-License-Identifier: Apache-2.0
/* rules_serving.c - requests lost while nobody came or went: restarts (liveness-kill), too few pods (capacity-gap),
 * idle connections (idle-timeout-race). */
#include "scene.h"

enum cause rules_incident(const struct scene *s, size_t i, int pod)
{
	const struct incident *in = scene_incident(s, pod, s->t->failures[i].outcome.ended_ns);
	if (!in)
		return CAUSE_NONE;
	return in->by_liveness ? CAUSE_LIVENESS_KILL : CAUSE_UNEXPLAINED;
}

/* Nobody there: REJECT by the node, or 503 by the ingress. What the plane had counts, if that is known. */
static bool nobody_was_there(const struct scene *s, const struct failure *f)
{
	const struct outcome *o = &f->outcome;
	int listed = f->plane == EVENT_NONE ? LEVEL_UNKNOWN
					    : level_least(&s->levels.planes[f->plane], o->started_ns, o->ended_ns);
	if (listed == LEVEL_UNKNOWN)
		listed = level_least(&s->levels.ready, o->started_ns, o->ended_ns);
	return listed == 0;
}

static bool says_overload(const struct scene *s, size_t i)
{
	const struct outcome *o = &s->t->failures[i].outcome;
	if (o->kind == OUTCOME_STATUS)
		return o->status == 503 || o->status == 504;
	return o->kind == OUTCOME_CONNECT_TIMEOUT || s->manners[i] == MANNER_TIMEOUT;
}

enum cause rules_capacity(const struct scene *s, size_t i)
{
	const struct failure *f = &s->t->failures[i];
	const struct outcome *o = &f->outcome;
	/* What was asked while too few were there still stands in front of this one in the queue, for as long as a
	 * client waits. */
	int ready = level_least(&s->levels.ready, o->started_ns - s->t->facts.timeout_ns, o->ended_ns);
	if (says_overload(s, i))
		return ready < s->t->facts.replicas ? CAUSE_CAPACITY_GAP : CAUSE_NONE;
	bool refused = s->manners[i] == MANNER_CONNECT || s->manners[i] == MANNER_GATEWAY;
	return f->pod == EVENT_NONE && refused && nobody_was_there(s, f) ? CAUSE_CAPACITY_GAP : CAUSE_NONE;
}

int64_t scene_ingress_changed_ns(const struct scene *s, size_t i)
{
	const struct failure *f = &s->t->failures[i];
	int64_t last = TIME_NEVER;
	if (f->plane == EVENT_NONE || s->t->planes[f->plane].kind != PLANE_INGRESS)
		return last;
	for (size_t k = 0; k < s->t->event_count; k++) {
		const struct event *e = &s->t->events[k];
		bool changed = e->kind == EVENT_PLANE_ADDED || e->kind == EVENT_PLANE_REMOVED;
		if (changed && e->plane == f->plane && e->at_ns <= f->outcome.ended_ns + SCENE_MOMENT_NS)
			last = e->at_ns;
	}
	return last;
}

/* An ingress that reloads closes the idle connections of its old workers. */
static bool ingress_reloaded(const struct scene *s, size_t i)
{
	int64_t changed = scene_ingress_changed_ns(s, i);
	return changed != TIME_NEVER && changed >= s->t->failures[i].outcome.ended_ns - NS_PER_S;
}

enum cause rules_idle(const struct scene *s, size_t i, int pod)
{
	const struct failure *f = &s->t->failures[i];
	bool raced = s->manners[i] == MANNER_CUT_SILENT && scene_is_reused(s, i) &&
		     scene_took_ns(s, i) < SCENE_MOMENT_NS && f->outcome.idle_ns > 0;
	if (!raced)
		return CAUSE_NONE;
	if (pod == EVENT_NONE && ingress_reloaded(s, i))
		return CAUSE_KEEPALIVE_RACE;
	return CAUSE_IDLE_TIMEOUT_RACE;
}
