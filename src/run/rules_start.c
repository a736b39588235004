// SPDX-License-Identifier: Apache-2.0
/* rules_start.c - requests lost at a new pod: premature-activation while it comes up, bad-release when it never does.
 */
#include "scene.h"

/* A whole revision that has failed for so long, to the end, is not just coming up late. */
#define RELEASE_FAILS_NS (3 * NS_PER_S)
/* One pod that never answered for so long, while its sisters do, is broken in a way that we do not know. */
#define POD_FAILS_NS (30 * NS_PER_S)

static bool is_newest(const struct scene *s, const struct revision *r)
{
	for (int i = 0; i < s->revision_count; i++)
		if (s->revisions[i].number > r->number)
			return false;
	return s->revision_count > 1;
}

/* A suspect's revision may have no failure of its own. */
static bool fails_for_long(const struct revision *r)
{
	return r->last_failed_ns != TIME_EVER && r->last_failed_ns - r->first_failed_ns >= RELEASE_FAILS_NS;
}

/* Sums of all older revisions. */
static struct revision older(const struct scene *s, const struct revision *r)
{
	struct revision sum = {0};
	for (int i = 0; i < s->revision_count; i++) {
		if (s->revisions[i].number < r->number) {
			sum.ok += s->revisions[i].ok;
			sum.bad += s->revisions[i].bad;
		}
	}
	return sum;
}

/* Had the old version failed as often, at least three of its answers would have been wrong: then none is no accident.
 */
static bool only_new_answers_wrongly(const struct revision *new, const struct revision *old)
{
	double share = (double)new->bad / (double)(new->ok + new->bad);
	return new->bad > 0 && old->bad == 0 && (double)old->ok *share >= 3;
}

/* No answer names its pod: then every pod of the revision must have failed every request, to the end of the run. */
static bool never_recovers(const struct scene *s, const struct revision *r)
{
	bool any = false;
	for (int pod = 0; pod < s->t->pod_count; pod++) {
		if (s->t->pods[pod].pod.revision != r->number || s->lives.pods[pod].deleted_ns != TIME_NEVER)
			continue;
		any = true;
		if (s->failing_until[pod] == TIME_EVER || s->failing_until[pod] < s->t->last_ns - s->failing_gap_ns)
			return false;
	}
	return any && s->t->ok && fails_for_long(r);
}

enum cause rules_release(const struct scene *s, size_t i, int pod)
{
	const struct revision *r = scene_revision(s, pod);
	if (!r || !is_newest(s, r) || s->lives.pods[pod].deleted_ns <= s->t->failures[i].outcome.ended_ns)
		return CAUSE_NONE;
	if (!s->knows_pods)
		return never_recovers(s, r) ? CAUSE_BAD_RELEASE : CAUSE_NONE;
	struct revision old = older(s, r);
	if (!old.ok)
		return CAUSE_NONE;
	if (!r->ok)
		return fails_for_long(r) ? CAUSE_BAD_RELEASE : CAUSE_NONE;
	if (s->manners[i] != MANNER_ANSWER || scene_is_starting(s, i, pod))
		return CAUSE_NONE;
	return only_new_answers_wrongly(r, &old) ? CAUSE_BAD_RELEASE : CAUSE_NONE;
}

enum cause rules_start(const struct scene *s, size_t i, int pod)
{
	const struct lifetime *l = &s->lives.pods[pod];
	const struct outcome *o = &s->t->failures[i].outcome;
	if (l->deleted_ns <= o->ended_ns || !scene_is_starting(s, i, pod))
		return CAUSE_NONE;
	bool never_answered = s->knows_pods && !s->t->pods[pod].ok;
	int64_t since = l->ready_ns != TIME_NEVER ? l->ready_ns : l->created_ns;
	if (never_answered && since != TIME_NEVER && o->started_ns - since >= POD_FAILS_NS)
		return CAUSE_UNEXPLAINED;
	return CAUSE_PREMATURE_ACTIVATION;
}
