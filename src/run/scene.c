// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include "attribution.h"
#include "base/memory.h"

#include <stdlib.h>

/* nginx has a new set of upstreams in use about 120 ms after its reload; rules of a node at once. */
#define SCENE_RTT_NS (2 * NS_PER_MS) /* from this on a round trip is more than what a busy machine adds */
#define INGRESS_SLACK_NS (250 * NS_PER_MS)
/* A pod that is asked so many times in a row, and never fails, answers. */
#define ANSWERS_IN_A_ROW 10

static enum manner manner_of(const struct timeline *t, const struct failure *f)
{
	if (attribution_is_gateway(t, f))
		return MANNER_GATEWAY;
	switch (f->outcome.kind) {
	case OUTCOME_CONNECT_REFUSED:
	case OUTCOME_CONNECT_TIMEOUT:
	case OUTCOME_CONNECT_RESET:
	case OUTCOME_CONNECT_UNREACHABLE:
		return MANNER_CONNECT;
	case OUTCOME_TLS_FAILED:
	case OUTCOME_SEND_RESET:
	case OUTCOME_WAIT_RESET:
	case OUTCOME_WAIT_CLOSED:
	case OUTCOME_STREAM_REFUSED:
		return MANNER_CUT_SILENT;
	case OUTCOME_HEAD_RESET:
	case OUTCOME_HEAD_CLOSED:
	case OUTCOME_BODY_RESET:
	case OUTCOME_BODY_CLOSED:
		return MANNER_CUT_ANSWER;
	case OUTCOME_STREAM_RESET:
		return f->outcome.bytes_received ? MANNER_CUT_ANSWER : MANNER_CUT_SILENT;
	case OUTCOME_WAIT_TIMEOUT:
	case OUTCOME_HEAD_TIMEOUT:
	case OUTCOME_BODY_TIMEOUT:
		return MANNER_TIMEOUT;
	case OUTCOME_CLIENT_PORTS:
	case OUTCOME_CLIENT_FILES:
		return MANNER_CLIENT;
	default:
		return MANNER_ANSWER;
	}
}

bool manner_is_cut(enum manner m)
{
	return m == MANNER_CUT_SILENT || m == MANNER_CUT_ANSWER;
}

bool scene_is_reused(const struct scene *s, size_t i)
{
	return outcome_is_reused(&s->t->failures[i].outcome);
}

int64_t scene_took_ns(const struct scene *s, size_t i)
{
	const struct outcome *o = &s->t->failures[i].outcome;
	return o->ended_ns - o->started_ns;
}

bool scene_crossed_close(const struct scene *s, size_t i)
{
	int64_t rtt = s->t->failures[i].outcome.rtt_ns;
	return rtt >= SCENE_RTT_NS && s->manners[i] == MANNER_CUT_SILENT && scene_is_reused(s, i) &&
	       scene_took_ns(s, i) < rtt;
}

bool scene_was_listed(const struct scene *s, size_t i, int pod)
{
	const struct failure *f = &s->t->failures[i];
	int64_t removed = lifetime_removed_ns(&s->lives.pods[pod], s->t, f->plane);
	bool by_ingress = f->plane != EVENT_NONE && s->t->planes[f->plane].kind == PLANE_INGRESS;
	if (removed == TIME_NEVER)
		return true;
	return f->outcome.started_ns <= removed + (by_ingress ? INGRESS_SLACK_NS : SCENE_MOMENT_NS);
}

bool scene_is_starting(const struct scene *s, size_t i, int pod)
{
	int64_t at = s->t->failures[i].outcome.started_ns;
	return s->knows_pods ? at < s->t->pods[pod].first_ok_ns : at <= s->failing_until[pod];
}

const struct incident *scene_incident(const struct scene *s, int pod, int64_t at_ns)
{
	for (size_t i = 0; i < s->incident_count; i++) {
		const struct incident *in = &s->incidents[i];
		if (in->pod == pod && at_ns >= in->from_ns && at_ns <= in->to_ns)
			return in;
	}
	return NULL;
}

static void incident_add(struct scene *s, const struct event *e, bool by_liveness)
{
	s->incidents = memory_resize(s->incidents, s->incident_count + 1, sizeof *s->incidents);
	s->incidents[s->incident_count++] = (struct incident){
		.pod = e->pod,
		.from_ns = e->at_ns - (by_liveness ? NS_PER_S : SCENE_MOMENT_NS),
		.to_ns = TIME_NEVER,
		.at_ns = e->at_ns,
		.by_liveness = by_liveness,
	};
}

/* A restarted container needs as long as the first time, when its probe does not wait for it. */
static int64_t incident_warm_up_ns(const struct scene *s, int pod)
{
	const struct timeline_pod *p = &s->t->pods[pod];
	int64_t ready = s->lives.pods[pod].ready_ns;
	bool slow = s->knows_pods && p->first_ok_ns != TIME_NEVER && ready != TIME_NEVER && p->first_ok_ns > ready;
	return slow && !s->t->facts.has_readiness ? p->first_ok_ns - ready : SCENE_MOMENT_NS;
}

/* The one that goes on at this pod, or NULL. */
static struct incident *incident_open(struct scene *s, int pod)
{
	for (size_t i = s->incident_count; i > 0; i--)
		if (s->incidents[i - 1].pod == pod)
			return s->incidents[i - 1].to_ns == TIME_NEVER ? &s->incidents[i - 1] : NULL;
	return NULL;
}

static void scene_incidents(struct scene *s)
{
	for (size_t i = 0; i < s->t->event_count; i++) {
		const struct event *e = &s->t->events[i];
		if (e->pod == EVENT_NONE || e->at_ns >= s->lives.pods[e->pod].deleted_ns)
			continue;
		struct incident *open = incident_open(s, e->pod);
		if (e->kind == EVENT_LIVENESS_KILL && !open)
			incident_add(s, e, true);
		else if (e->kind == EVENT_CONTAINER_EXITED && !open)
			incident_add(s, e, false);
		else if (e->kind == EVENT_POD_READY && open && e->at_ns > open->at_ns)
			open->to_ns = e->at_ns + incident_warm_up_ns(s, e->pod);
	}
}

/* Serving: it was not being deleted, or at least not yet told to stop. */
static bool scene_served(const struct scene *s, const struct failure *f)
{
	return f->outcome.ended_ns < s->lives.pods[f->pod].told_ns;
}

static void scene_bad_answers(struct scene *s)
{
	for (size_t i = 0; i < s->t->failure_count; i++) {
		const struct failure *f = &s->t->failures[i];
		if (s->manners[i] == MANNER_ANSWER && f->pod != EVENT_NONE && scene_served(s, f) &&
		    !scene_is_starting(s, i, f->pod))
			s->bad_answers[f->pod]++;
	}
}

static struct revision *revision_of(struct scene *s, int number)
{
	for (int i = 0; i < s->revision_count; i++)
		if (s->revisions[i].number == number)
			return &s->revisions[i];
	s->revisions = memory_resize(s->revisions, (size_t)s->revision_count + 1, sizeof *s->revisions);
	s->revisions[s->revision_count] =
		(struct revision){.number = number, .first_failed_ns = TIME_NEVER, .last_failed_ns = TIME_EVER};
	return &s->revisions[s->revision_count++];
}

const struct revision *scene_revision(const struct scene *s, int pod)
{
	for (int i = 0; i < s->revision_count; i++)
		if (s->revisions[i].number == s->t->pods[pod].pod.revision)
			return &s->revisions[i];
	return NULL;
}

static void scene_revisions(struct scene *s)
{
	for (int i = 0; i < s->t->pod_count; i++) {
		struct revision *r = revision_of(s, s->t->pods[i].pod.revision);
		r->ok += s->t->pods[i].ok;
		r->bad += s->bad_answers[i];
	}
	for (size_t i = 0; i < s->t->failure_count; i++) {
		const struct failure *f = &s->t->failures[i];
		if (f->pod == EVENT_NONE)
			continue;
		struct revision *r = revision_of(s, s->t->pods[f->pod].pod.revision);
		if (f->outcome.started_ns < r->first_failed_ns)
			r->first_failed_ns = f->outcome.started_ns;
		if (f->outcome.ended_ns > r->last_failed_ns)
			r->last_failed_ns = f->outcome.ended_ns;
	}
}

/* Failures in order of pod and of one instant. */
struct placed {
	int pod;
	int64_t at_ns;
	size_t failure;
	bool was_long;
};

static int placed_compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->pod != y->pod)
		return x->pod < y->pod ? -1 : 1;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->failure < y->failure ? -1 : x->failure > y->failure;
}

/* In flight for long: since before the pod was told to stop, or for longer than a few round trips. */
static bool was_long(const struct scene *s, size_t i)
{
	const struct failure *f = &s->t->failures[i];
	if (scene_crossed_close(s, i))
		return false;
	return scene_took_ns(s, i) >= SCENE_MOMENT_NS ||
	       f->outcome.started_ns < s->lives.pods[f->pod].told_ns - SCENE_WIRE_NS;
}

static struct placed *scene_cuts(const struct scene *s, size_t *ret_count)
{
	struct placed *cuts = memory_new(s->t->failure_count + 1, sizeof *cuts);
	size_t count = 0;
	for (size_t i = 0; i < s->t->failure_count; i++) {
		const struct failure *f = &s->t->failures[i];
		if (f->pod != EVENT_NONE && manner_is_cut(s->manners[i]))
			cuts[count++] = (struct placed){f->pod, f->outcome.ended_ns, i, was_long(s, i)};
	}
	qsort(cuts, count, sizeof *cuts, placed_compare);
	*ret_count = count;
	return cuts;
}

/* Two fingers along the cuts of each pod: `low` to `high` ended within a moment of `k`. */
static void scene_bursts(struct scene *s)
{
	size_t count, low = 0, high = 0, longs = 0;
	struct placed *cuts = scene_cuts(s, &count);
	for (size_t k = 0; k < count; k++) {
		for (; low < k && (cuts[low].pod != cuts[k].pod || cuts[low].at_ns < cuts[k].at_ns - SCENE_MOMENT_NS);
		     low++)
			longs -= cuts[low].was_long;
		for (; high < count && cuts[high].pod == cuts[k].pod &&
		       cuts[high].at_ns <= cuts[k].at_ns + SCENE_MOMENT_NS;
		     high++)
			longs += cuts[high].was_long;
		s->has_long_in_burst[cuts[k].failure] = longs > 0;
	}
	free(cuts);
}

/* When no answer names its pod, failures must tell when it began to answer: one that cannot yet fails every request. */
static void scene_failing(struct scene *s)
{
	const struct timeline *t = s->t;
	struct placed *placed = memory_new(t->failure_count + 1, sizeof *placed);
	size_t count = 0;
	for (size_t i = 0; i < t->failure_count; i++)
		if (t->failures[i].pod != EVENT_NONE)
			placed[count++] =
				(struct placed){t->failures[i].pod, t->failures[i].outcome.started_ns, i, false};
	qsort(placed, count, sizeof *placed, placed_compare);
	double interval = t->facts.rate > 0 ? (double)t->facts.replicas / t->facts.rate * (double)NS_PER_S : 0;
	s->failing_gap_ns = interval * ANSWERS_IN_A_ROW > NS_PER_S ? (int64_t)(interval * ANSWERS_IN_A_ROW) : NS_PER_S;
	for (int pod = 0; pod < t->pod_count; pod++)
		s->failing_until[pod] = TIME_EVER;
	for (size_t k = 0; k < count; k++) {
		int64_t *until = &s->failing_until[placed[k].pod];
		const struct lifetime *l = &s->lives.pods[placed[k].pod];
		int64_t since = l->ready_ns != TIME_NEVER ? l->ready_ns : l->created_ns;
		int64_t last = *until == TIME_EVER ? since : *until;
		if (last != TIME_NEVER && placed[k].at_ns - last <= s->failing_gap_ns)
			*until = placed[k].at_ns;
	}
	free(placed);
}

void scene_init(struct scene *s, const struct timeline *t)
{
	*s = (struct scene){.t = t, .knows_pods = timeline_knows_pods(t)};
	lifetimes_init(&s->lives, t);
	levels_init(&s->levels, t);
	s->manners = memory_new(t->failure_count + 1, sizeof *s->manners);
	s->has_long_in_burst = memory_new(t->failure_count + 1, sizeof *s->has_long_in_burst);
	s->bad_answers = memory_new((size_t)t->pod_count + 1, sizeof *s->bad_answers);
	for (size_t i = 0; i < t->failure_count; i++)
		s->manners[i] = manner_of(t, &t->failures[i]);
	s->failing_until = memory_new((size_t)t->pod_count + 1, sizeof *s->failing_until);
	scene_incidents(s);
	scene_failing(s);
	scene_bad_answers(s);
	scene_revisions(s);
	scene_bursts(s);
}

void scene_finish(struct scene *s)
{
	lifetimes_finish(&s->lives);
	levels_finish(&s->levels);
	free(s->manners);
	free(s->bad_answers);
	free(s->has_long_in_burst);
	free(s->failing_until);
	free(s->incidents);
	free(s->revisions);
	*s = (struct scene){0};
}
