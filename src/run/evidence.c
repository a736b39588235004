// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include "base/memory.h"
#include "base/units.h"
#include "base/words.h"
#include "evidence_lines.h"

#include <inttypes.h>
#include <stdlib.h>

#define LAST "the last of them here: "

static const char *after(int64_t from_ns, int64_t to_ns, char out[UNITS_SIZE])
{
	return units_show_duration(to_ns - from_ns, out);
}

struct example {
	size_t first, last; /* of the finding's failures at `pod`, by their start */
	uint64_t count;
	int pod;     /* that lost most; EVENT_NONE when none is known */
	int suspect; /* then: one that could have done it, or EVENT_NONE */
};

static struct example example_of(const struct scene *s, const struct finding *f, const enum cause *causes)
{
	struct example e = {.pod = f->pod_count ? f->pods[0] : EVENT_NONE, .suspect = EVENT_NONE};
	const struct failure *failures = s->t->failures;
	for (size_t i = 0; i < s->t->failure_count; i++) {
		if (causes[i] != f->cause || failures[i].pod != e.pod)
			continue;
		if (!e.count || failures[i].outcome.started_ns < failures[e.first].outcome.started_ns)
			e.first = i;
		if (!e.count || failures[i].outcome.started_ns >= failures[e.last].outcome.started_ns)
			e.last = i;
		e.count++;
	}
	if (e.count && e.pod == EVENT_NONE)
		(void)rules_suspects(s, e.first, &e.suspect);
	return e;
}

/* The one to tell about; says so when it is only a suspect. */
static int who(struct lines *l, const struct example *e, const char *what)
{
	if (e->suspect != EVENT_NONE)
		lines_add(l, l->s->t->failures[e->first].outcome.started_ns,
			  "which pod this had reached is not known; %s %s", lines_pod(l, e->suspect), what);
	return e->pod != EVENT_NONE ? e->pod : e->suspect;
}

/* The planes that this finding's failures at the pod came through: the one that heard last. */
static int slowest_plane(const struct lines *l, const struct finding *f, const enum cause *causes, int pod)
{
	int slowest = EVENT_NONE;
	const struct lifetime *life = &l->s->lives.pods[pod];
	for (size_t i = 0; i < l->s->t->failure_count; i++) {
		const struct failure *failure = &l->s->t->failures[i];
		bool here = failure->pod == pod || failure->pod == EVENT_NONE;
		if (causes[i] != f->cause || !here || failure->plane == EVENT_NONE)
			continue;
		if (slowest == EVENT_NONE || life->plane_removed_ns[failure->plane] > life->plane_removed_ns[slowest])
			slowest = failure->plane;
	}
	return slowest;
}

static const char *hook_complaint(const struct lines *l, int pod)
{
	for (size_t i = 0; i < l->s->t->event_count; i++)
		if (l->s->t->events[i].kind == EVENT_HOOK_FAILED && l->s->t->events[i].pod == pod)
			return l->s->t->events[i].detail;
	return "";
}

static void add_hook(struct lines *l, const struct lifetime *life, int pod)
{
	char took[UNITS_SIZE];
	const char *name = lines_pod(l, pod), *said = hook_complaint(l, pod);
	const char *what = l->s->t->facts.pre_stop[0] ? l->s->t->facts.pre_stop : "the hook";
	if (life->hook_failed_ns != TIME_NEVER)
		lines_add(l, life->hook_failed_ns, "%s: preStop failed after %s (%s)%s%s", name,
			  after(life->hook_started_ns == TIME_NEVER ? life->deleted_ns : life->hook_started_ns,
				life->hook_failed_ns, took),
			  what, *said ? ": " : "", said);
	else if (life->hook_ended_ns != TIME_NEVER && life->hook_started_ns != TIME_NEVER)
		lines_add(l, life->hook_ended_ns, "%s: preStop ended after %s (%s)", name,
			  after(life->hook_started_ns, life->hook_ended_ns, took), what);
	else
		lines_add(l, life->hook_started_ns, "%s: preStop started (%s)", name, what);
}

static void add_stop(struct lines *l, int pod)
{
	const struct lifetime *life = &l->s->lives.pods[pod];
	char d[UNITS_SIZE];
	const char *name = lines_pod(l, pod);
	lines_add(l, life->deleted_ns, "%s: deleted, grace %s", name, units_show_duration(life->grace_ns, d));
	add_hook(l, life, pod);
	if (life->term_ns != TIME_NEVER)
		lines_add(l, life->term_ns, "%s: TERM, %s after its deletion%s", name,
			  after(life->deleted_ns, life->term_ns, d),
			  lifetime_hook_took_grace(life) ? ": preStop had used up the grace period" : "");
	if (life->kill_ns != TIME_NEVER)
		lines_add(l, life->kill_ns, "%s: KILL, %s after its deletion", name,
			  after(life->deleted_ns, life->kill_ns, d));
	if (life->exited_ns != TIME_NEVER)
		lines_add(l, life->exited_ns, "%s: its process ended, %s after it was told to stop", name,
			  after(life->told_ns, life->exited_ns, d));
	else
		lines_add(l, life->gone_ns, "%s: gone", name);
}

static void add_removal(struct lines *l, const struct finding *f, const enum cause *causes, int pod)
{
	const struct lifetime *life = &l->s->lives.pods[pod];
	int plane = slowest_plane(l, f, causes, pod);
	char lag[UNITS_SIZE];
	if (plane == EVENT_NONE)
		return;
	int64_t removed = life->plane_removed_ns[plane];
	if (removed != TIME_NEVER)
		lines_add(l, removed, "%s stops sending to %s: %s after its deletion", l->s->t->planes[plane].name,
			  lines_pod(l, pod), after(life->deleted_ns, removed, lag));
}

static void add_reload(struct lines *l, size_t i)
{
	int64_t changed = scene_ingress_changed_ns(l->s, i);
	char ago[UNITS_SIZE];
	if (changed != TIME_NEVER)
		lines_add(l, changed, "%s takes a new set of pods into use, %s before",
			  l->s->t->planes[l->s->t->failures[i].plane].name,
			  after(changed, l->s->t->failures[i].outcome.ended_ns, ago));
}

static void evidence_stop(struct lines *l, const struct finding *f, const enum cause *causes, const struct example *e)
{
	lines_add_failure(l, e->first, "");
	int pod = who(l, e, "was being stopped then");
	if (pod != EVENT_NONE) {
		add_removal(l, f, causes, pod);
		add_stop(l, pod);
	} else {
		add_reload(l, e->first);
	}
	if (e->count > 1)
		lines_add_failure(l, e->last, LAST);
}

static void evidence_start(struct lines *l, const struct example *e)
{
	lines_add_failure(l, e->first, "");
	int pod = who(l, e, "had not answered yet");
	if (pod == EVENT_NONE)
		return;
	const struct lifetime *life = &l->s->lives.pods[pod];
	const struct timeline_pod *p = &l->s->t->pods[pod];
	const char *name = p->pod.name;
	char d[UNITS_SIZE];
	lines_add(l, life->created_ns, "%s: created (revision %d)", name, p->pod.revision);
	lines_add(l, life->ready_ns, "%s: counted as ready%s", name,
		  l->s->t->facts.has_readiness ? " by its readiness probe" : ", without a readiness probe to ask it");
	int plane = l->s->t->failures[e->first].plane;
	if (plane != EVENT_NONE)
		lines_add(l, life->plane_added_ns[plane], "%s sends to %s from here on", l->s->t->planes[plane].name,
			  name);
	if (e->count > 1)
		lines_add_failure(l, e->last, LAST);
	int64_t since = life->ready_ns != TIME_NEVER ? life->ready_ns : life->created_ns;
	if (p->first_ok_ns != TIME_NEVER && since != TIME_NEVER)
		lines_add(l, p->first_ok_ns, "%s: its first good answer, %s after that", name,
			  after(since, p->first_ok_ns, d));
	else if (l->s->knows_pods && !p->ok)
		lines_add(l, l->s->t->last_ns, "%s: no good answer by the end of the run", name);
}

static void evidence_release(struct lines *l, const struct example *e)
{
	evidence_start(l, e);
	for (int i = 0; i < l->s->revision_count; i++) {
		const struct revision *r = &l->s->revisions[i];
		uint64_t failed = 0;
		for (int pod = 0; pod < l->s->t->pod_count; pod++)
			if (l->s->t->pods[pod].pod.revision == r->number)
				failed += l->s->t->pods[pod].failed;
		lines_add(l, l->s->t->last_ns,
			  "revision %d in the whole run: %" PRIu64 " answered well, %" PRIu64 " lost", r->number, r->ok,
			  failed);
	}
}

static void add_level(struct lines *l, size_t i)
{
	const struct failure *f = &l->s->t->failures[i];
	int64_t from = f->outcome.started_ns, to = f->outcome.ended_ns;
	int ready = level_least(&l->s->levels.ready, from, to);
	if (ready != LEVEL_UNKNOWN)
		lines_add(l, from, "%d of %" PRIi64 " pods were ready", ready, l->s->t->facts.replicas);
	if (f->plane == EVENT_NONE)
		return;
	int listed = level_least(&l->s->levels.planes[f->plane], from, to);
	if (listed != LEVEL_UNKNOWN && listed != ready)
		lines_add(l, from, "%s had %d to send to", l->s->t->planes[f->plane].name, listed);
}

static void evidence_capacity(struct lines *l, const struct example *e)
{
	add_level(l, e->first);
	lines_add_failure(l, e->first, "");
	if (e->count > 1) {
		lines_add_failure(l, e->last, LAST);
		add_level(l, e->last);
	}
}

static void add_incident(struct lines *l, int pod, int64_t at_ns)
{
	const struct incident *in = scene_incident(l->s, pod, at_ns);
	if (!in)
		return;
	const struct event *probe = NULL;
	for (size_t i = 0; i < l->s->t->event_count && l->s->t->events[i].at_ns <= in->at_ns; i++)
		if (l->s->t->events[i].pod == pod && l->s->t->events[i].kind == EVENT_PROBE_FAILED)
			probe = &l->s->t->events[i];
	if (in->by_liveness && probe)
		lines_add(l, probe->at_ns, "%s: probe failed: %s", lines_pod(l, pod), probe->detail);
	lines_add(l, in->at_ns,
		  in->by_liveness ? "%s: killed for its liveness probe, and restarted"
				  : "%s: its process ended by itself, nobody had asked for it",
		  lines_pod(l, pod));
	char d[UNITS_SIZE];
	if (in->to_ns != TIME_NEVER)
		lines_add(l, in->to_ns, "%s: up again, %s later", lines_pod(l, pod), after(in->at_ns, in->to_ns, d));
}

static void evidence_liveness(struct lines *l, const struct example *e)
{
	add_incident(l, e->pod, l->s->t->failures[e->first].outcome.ended_ns);
	lines_add_failure(l, e->first, "");
	if (e->count > 1)
		lines_add_failure(l, e->last, LAST);
}

static void evidence_idle(struct lines *l, const struct finding *f, const enum cause *causes, const struct example *e)
{
	int64_t least = INT64_MAX, most = 0;
	for (size_t i = 0; i < l->s->t->failure_count; i++) {
		if (causes[i] != f->cause)
			continue;
		int64_t idle = l->s->t->failures[i].outcome.idle_ns;
		least = idle < least ? idle : least;
		most = idle > most ? idle : most;
	}
	int64_t end = l->s->t->failures[e->last].outcome.ended_ns;
	lines_add_failure(l, e->first, "");
	if (e->count > 1)
		lines_add_failure(l, e->last, LAST);
	if (f->lost > 1)
		lines_add(l, end, "all %" PRIu64 " connections had been idle for %.3f s to %.3f s", f->lost,
			  (double)least / NS_PER_S, (double)most / NS_PER_S);
	lines_add(l, end, "nobody had told %s to stop", e->pod == EVENT_NONE ? "any pod" : lines_pod(l, e->pod));
}

static void add_state(struct lines *l, int pod, int64_t at_ns)
{
	const struct lifetime *life = &l->s->lives.pods[pod];
	const char *name = lines_pod(l, pod);
	char d[UNITS_SIZE];
	if (scene_incident(l->s, pod, at_ns))
		add_incident(l, pod, at_ns);
	else if (life->deleted_ns > at_ns)
		lines_add(l, at_ns, "%s: not being stopped then, %s", name,
			  life->ready_ns <= at_ns ? "and had been ready" : "and not ready yet");
	else if (life->told_ns > at_ns)
		lines_add(l, at_ns, "%s: deleted %s before, but not told to stop yet", name,
			  after(life->deleted_ns, at_ns, d));
	else
		lines_add(l, life->told_ns, "%s: told to stop, %s before", name, after(life->told_ns, at_ns, d));
}

/* Those that could have done it, when nobody knows who did. */
static void add_suspects(struct lines *l, size_t i)
{
	for (int pod = 0; pod < l->s->t->pod_count; pod++) {
		enum cause cause = suspect_cause(l->s, i, pod);
		if (cause != CAUSE_NONE)
			lines_add(l, l->s->t->failures[i].outcome.ended_ns, "if it had reached %s: %s",
				  lines_pod(l, pod), cause_name(cause));
	}
}

static void add_circumstances(struct lines *l, size_t i)
{
	const struct failure *f = &l->s->t->failures[i];
	char ago[UNITS_SIZE];
	if (f->pod == EVENT_NONE) {
		add_suspects(l, i);
		return;
	}
	add_state(l, f->pod, f->outcome.ended_ns);
	int64_t removed = lifetime_removed_ns(&l->s->lives.pods[f->pod], l->s->t, f->plane);
	if (f->plane != EVENT_NONE && removed < f->outcome.started_ns)
		lines_add(l, removed, "%s had stopped sending to it, %s before", l->s->t->planes[f->plane].name,
			  after(removed, f->outcome.started_ns, ago));
}

/* One of each kind, so that whoever looks for the cause sees them all. */
static void evidence_unexplained(struct lines *l, const struct finding *f, const enum cause *causes)
{
	bool seen[OUTCOME_KINDS] = {false};
	uint64_t not_kept = l->s->t->failed - l->s->t->failure_count;
	if (not_kept && f->cause == CAUSE_UNEXPLAINED)
		lines_add(l, l->s->t->last_ns, "%" PRIu64 " more failed than are kept in memory; the record has them",
			  not_kept);
	for (size_t i = 0; i < l->s->t->failure_count && l->count < EVIDENCE_LINES_MAX - 2; i++) {
		enum outcome_kind kind = l->s->t->failures[i].outcome.kind;
		if (causes[i] != f->cause || seen[kind])
			continue;
		seen[kind] = true;
		lines_add_failure(l, i, "");
		if (f->cause == CAUSE_UNEXPLAINED)
			add_circumstances(l, i);
	}
}

char **evidence_lines(const struct scene *s, const struct finding *f, const enum cause *causes)
{
	struct lines *l = memory_new(1, sizeof *l);
	struct example e = example_of(s, f, causes);
	l->s = s;
	switch (f->cause) {
	case CAUSE_PREMATURE_ACTIVATION:
		evidence_start(l, &e);
		break;
	case CAUSE_BAD_RELEASE:
		evidence_release(l, &e);
		break;
	case CAUSE_CAPACITY_GAP:
		evidence_capacity(l, &e);
		break;
	case CAUSE_LIVENESS_KILL:
		evidence_liveness(l, &e);
		break;
	case CAUSE_IDLE_TIMEOUT_RACE:
		evidence_idle(l, f, causes, &e);
		break;
	case CAUSE_UNEXPLAINED:
	case CAUSE_CLIENT_SIDE:
		evidence_unexplained(l, f, causes);
		break;
	default:
		evidence_stop(l, f, causes, &e);
		break;
	}
	char **out = lines_finish(l);
	free(l);
	if (f->pod_count > 1) {
		auto_free char *line = memory_printf("and in the same way at %zu other pod%s", f->pod_count - 1,
						     f->pod_count > 2 ? "s" : "");
		words_push(&out, line);
	}
	return out;
}
