// SPDX-License-Identifier: Apache-2.0
/* suspects.c - when nobody knows which pod a request had reached: every pod that could have done this is asked about,
 * and only when all of them would give the same cause is it taken. A pod in good order is not among them: it answers.
 */
#include "scene.h"

/* A connection to a pod that ended may be found out a little later. */
#define AFTERMATH_NS NS_PER_S

static bool is_leaving(const struct scene *s, size_t i, int pod)
{
	const struct lifetime *l = &s->lives.pods[pod];
	const struct outcome *o = &s->t->failures[i].outcome;
	if (l->told_ns == TIME_NEVER || o->ended_ns < l->told_ns - SCENE_SLACK_NS)
		return false;
	bool fresh_start = !scene_is_reused(s, i) && o->started_ns >= l->told_ns;
	if (fresh_start)
		return scene_was_listed(s, i, pod);
	return l->ended_ns == TIME_NEVER || o->ended_ns <= l->ended_ns + AFTERMATH_NS;
}

static bool is_arriving(const struct scene *s, size_t i, int pod)
{
	const struct lifetime *l = &s->lives.pods[pod];
	const struct outcome *o = &s->t->failures[i].outcome;
	return !scene_is_reused(s, i) && l->created_ns <= o->ended_ns && l->deleted_ns > o->ended_ns &&
	       scene_is_starting(s, i, pod);
}

enum cause suspect_cause(const struct scene *s, size_t i, int pod)
{
	if (is_leaving(s, i, pod))
		return rules_stop(s, i, pod);
	if (!is_arriving(s, i, pod))
		return rules_incident(s, i, pod);
	enum cause cause = rules_release(s, i, pod);
	return cause == CAUSE_NONE ? rules_start(s, i, pod) : cause;
}

enum cause rules_suspects(const struct scene *s, size_t i, int *ret_pod)
{
	enum cause agreed = CAUSE_NONE;
	*ret_pod = EVENT_NONE;
	enum manner m = s->manners[i];
	/* Slow or wrong answers come from pods in good order too, and a connection to an ingress is none to a pod. */
	int plane = s->t->failures[i].plane;
	bool to_ingress = plane != EVENT_NONE && s->t->planes[plane].kind == PLANE_INGRESS;
	if (m == MANNER_ANSWER || m == MANNER_TIMEOUT || (to_ingress && m != MANNER_GATEWAY))
		return CAUSE_NONE;
	for (int pod = 0; pod < s->t->pod_count; pod++) {
		enum cause cause = suspect_cause(s, i, pod);
		if (cause == CAUSE_NONE)
			continue;
		if (agreed != CAUSE_NONE && agreed != cause)
			return CAUSE_UNEXPLAINED;
		agreed = cause;
		*ret_pod = pod;
	}
	return agreed;
}
