// SPDX-License-Identifier: Apache-2.0
#include "diagnosis.h"

#include "advice.h"
#include "base/memory.h"
#include "base/words.h"
#include "evidence.h"
#include "scene.h"

#include <stdlib.h>

static enum cause cause_at_pod(const struct scene *s, size_t i, int pod)
{
	enum cause (*const rules[])(const struct scene *, size_t, int) = {
		rules_release,
		rules_incident,
		rules_stop,
		rules_start,
	};
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
		enum cause cause = rules[r](s, i, pod);
		if (cause != CAUSE_NONE)
			return cause;
	}
	return CAUSE_NONE;
}

static enum cause cause_of(const struct scene *s, size_t i)
{
	int pod = s->t->failures[i].pod, suspect;
	if (s->manners[i] == MANNER_CLIENT)
		return CAUSE_CLIENT_SIDE;
	enum cause cause = pod != EVENT_NONE ? cause_at_pod(s, i, pod) : CAUSE_NONE;
	if (cause == CAUSE_NONE)
		cause = rules_capacity(s, i);
	if (cause == CAUSE_NONE && pod == EVENT_NONE)
		cause = rules_suspects(s, i, &suspect);
	if (cause == CAUSE_NONE)
		cause = rules_idle(s, i, pod);
	return cause == CAUSE_NONE ? CAUSE_UNEXPLAINED : cause;
}

struct pod_loss {
	int pod;
	uint64_t lost;
};

static int pod_loss_compare(const void *a, const void *b)
{
	const struct pod_loss *x = a, *y = b;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return x->pod - y->pod;
}

static void finding_pods(struct finding *f, const struct timeline *t, const enum cause *causes)
{
	struct pod_loss *losses = memory_new((size_t)t->pod_count + 1, sizeof *losses);
	for (int i = 0; i < t->pod_count; i++)
		losses[i].pod = i;
	for (size_t i = 0; i < t->failure_count; i++)
		if (causes[i] == f->cause && t->failures[i].pod != EVENT_NONE)
			losses[t->failures[i].pod].lost++;
	qsort(losses, (size_t)t->pod_count, sizeof *losses, pod_loss_compare);
	f->pods = memory_new((size_t)t->pod_count + 1, sizeof *f->pods);
	for (int i = 0; i < t->pod_count && losses[i].lost; i++)
		f->pods[f->pod_count++] = losses[i].pod;
	free(losses);
}

static void finding_count_kinds(struct finding *f, const struct timeline *t, const enum cause *causes)
{
	for (size_t i = 0; i < t->failure_count; i++) {
		if (causes[i] == f->cause) {
			f->kinds[t->failures[i].outcome.kind]++;
			f->lost++;
		}
	}
	if (f->cause == CAUSE_UNEXPLAINED) /* those that were counted, not kept */
		f->lost += t->failed - t->failure_count;
}

static int finding_compare(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	bool x_is_ours = x->cause == CAUSE_CLIENT_SIDE, y_is_ours = y->cause == CAUSE_CLIENT_SIDE;
	if (x_is_ours != y_is_ours)
		return x_is_ours - y_is_ours;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return (int)x->cause - (int)y->cause;
}

static void diagnosis_findings(struct diagnosis *d, const struct scene *s)
{
	d->findings = memory_new(CAUSES, sizeof *d->findings);
	for (int cause = 0; cause < CAUSES; cause++) {
		struct finding f = {.cause = (enum cause)cause};
		finding_count_kinds(&f, s->t, d->causes);
		if (!f.lost)
			continue;
		finding_pods(&f, s->t, d->causes);
		f.evidence = evidence_lines(s, &f, d->causes);
		f.fix = advice_text(s, &f, d->causes);
		d->findings[d->finding_count++] = f;
	}
	qsort(d->findings, d->finding_count, sizeof *d->findings, finding_compare);
}

void diagnosis_init(struct diagnosis *d, const struct timeline *t)
{
	struct scene s;
	scene_init(&s, t);
	*d = (struct diagnosis){.causes = memory_new(t->failure_count + 1, sizeof *d->causes)};
	for (size_t i = 0; i < t->failure_count; i++)
		d->causes[i] = cause_of(&s, i);
	diagnosis_findings(d, &s);
	scene_finish(&s);
}

void diagnosis_finish(struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		words_free(d->findings[i].evidence);
		free(d->findings[i].pods);
		free(d->findings[i].fix);
	}
	free(d->findings);
	free(d->causes);
	*d = (struct diagnosis){0};
}
