// SPDX-License-Identifier: Apache-2.0
#include "verdict.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/units.h"
#include "lifetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE_OF_THREE 3.0  /* −ln(0.05): nothing seen in N, 95 % sure that it is rarer than 3/N */
#define NOT_SENT_SHARE 100 /* one in so many requests not sent is too many */

static void verdict_count(struct verdict *v, const struct timeline *t)
{
	v->ok = t->ok;
	v->failed = t->failed;
	v->requests = t->ok + t->failed;
	for (size_t i = 0; i < t->tally_count; i++)
		if (outcome_is_client_side(t->tallies[i].kind))
			v->client_side += t->tallies[i].count;
	v->lost = v->failed - v->client_side;
}

static void verdict_rollouts(struct verdict *v, const struct timeline *t)
{
	bool is_complete = true;
	for (size_t i = 0; i < t->event_count; i++) {
		enum event_kind kind = t->events[i].kind;
		if (kind == EVENT_ROLLOUT_STARTED) {
			v->rollouts++;
			is_complete = false;
		}
		/* settled without complete: it went so fast that only the end was seen */
		if ((kind == EVENT_ROLLOUT_COMPLETE || kind == EVENT_ROLLOUT_SETTLED) && !is_complete) {
			v->rollouts_complete++;
			is_complete = true;
		}
	}
}

/* Good answers at any time in [from, to]. */
static bool was_answering(const struct timeline *t, int64_t from_ns, int64_t to_ns)
{
	for (size_t i = 0; i < t->bucket_count; i++)
		if (t->buckets[i].start_ns <= to_ns && t->buckets[i].start_ns + BUCKET_NS > from_ns)
			return true;
	return false;
}

/* A pod's window goes from its deletion to its end. Requests that it answered then show that a loss would have been
 * seen; if nobody knows who answered, requests to anybody at that time must do. */
static bool window_was_loaded(const struct timeline *t, const struct lifetime *l, int pod)
{
	if (t->pods[pod].failed || t->pods[pod].last_ok_ns >= l->deleted_ns)
		return true;
	int64_t end = l->ended_ns != TIME_NEVER ? l->ended_ns : t->last_ns;
	return !timeline_knows_pods(t) && was_answering(t, l->deleted_ns, end);
}

static void verdict_windows(struct verdict *v, const struct timeline *t)
{
	struct lifetimes lives;
	lifetimes_init(&lives, t);
	for (int pod = 0; pod < t->pod_count; pod++) {
		const struct lifetime *l = &lives.pods[pod];
		if (l->deleted_ns == TIME_NEVER)
			continue;
		v->windows++;
		v->windows_loaded += window_was_loaded(t, l, pod);
		v->windows_open += l->ended_ns == TIME_NEVER;
	}
	lifetimes_finish(&lives);
}

static void verdict_bound(struct verdict *v, const struct timeline *t)
{
	uint64_t sent = v->requests - v->client_side;
	v->lost_at_most = sent > 3 ? RULE_OF_THREE / (double)sent : 1;
	if (t->facts.rate > 0 && t->facts.replicas > 0)
		v->blind_ns = (int64_t)(RULE_OF_THREE * (double)t->facts.replicas / t->facts.rate * (double)NS_PER_S);
}

/* Requests that the load started and nobody heard of again, as when its process died. */
static uint64_t missing(const struct verdict *v, const struct timeline *t)
{
	uint64_t known = v->requests + t->totals.not_sent;
	return t->totals.scheduled > known ? t->totals.scheduled - known : 0;
}

/* One may have come due in the very moment in which the load was told to stop. */
static bool too_many_unsent(const struct verdict *v, const struct timeline *t)
{
	uint64_t unsent = t->totals.not_sent + v->client_side;
	return unsent > 1 && unsent > t->totals.scheduled / NOT_SENT_SHARE;
}

/* Why nothing lost proves nothing; false when it does. */
static bool verdict_is_weak(struct verdict *v, const struct timeline *t)
{
	if (!v->requests)
		snprintf(v->reason, sizeof v->reason, "no request was sent");
	else if (!v->ok)
		snprintf(v->reason, sizeof v->reason, "no request reached the service: all failed on this side");
	else if (!t->is_complete)
		snprintf(v->reason, sizeof v->reason, "the run was cut short");
	else if (!v->rollouts)
		snprintf(v->reason, sizeof v->reason, "there was no rollout");
	else if (v->rollouts_complete < v->rollouts)
		snprintf(v->reason, sizeof v->reason, "the rollout did not complete");
	else if (v->windows_open)
		snprintf(v->reason, sizeof v->reason, "%d of %d old pods had not ended yet when the load did",
			 v->windows_open, v->windows);
	else if (v->windows && !v->windows_loaded)
		snprintf(v->reason, sizeof v->reason,
			 "no old pod had a request while it was being stopped: more load is needed");
	else if (missing(v, t))
		snprintf(v->reason, sizeof v->reason, "what became of %" PRIu64 " requests is not known",
			 missing(v, t));
	else if (too_many_unsent(v, t))
		snprintf(v->reason, sizeof v->reason, "%" PRIu64 " of %" PRIu64 " requests could not be sent",
			 t->totals.not_sent + v->client_side, t->totals.scheduled);
	else
		return false;
	return true;
}

void verdict_init(struct verdict *v, const struct timeline *t)
{
	*v = (struct verdict){0};
	verdict_count(v, t);
	verdict_rollouts(v, t);
	verdict_windows(v, t);
	verdict_bound(v, t);
	diagnosis_init(&v->diagnosis, t);
	if (v->lost) {
		v->kind = VERDICT_FAIL;
		v->exit = STATUS_LOST;
	} else if (verdict_is_weak(v, t)) {
		v->kind = VERDICT_INCONCLUSIVE;
		v->exit = STATUS_INCONCLUSIVE;
	}
}

void verdict_finish(struct verdict *v)
{
	diagnosis_finish(&v->diagnosis);
	*v = (struct verdict){0};
}

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {"pass", "fail", "inconclusive"};
	return names[kind];
}

static void confidence_of_pass(const struct verdict *v, struct text *out)
{
	text_printf(out, "Nothing lost in %" PRIu64 " requests: at 95 %% confidence fewer than 1 in %" PRIu64 " is.",
		    v->requests, (uint64_t)(1 / v->lost_at_most));
	text_printf(out, " %d of %d stopped pods had requests while they were being stopped.", v->windows_loaded,
		    v->windows);
	char blind[UNITS_SIZE];
	if (v->blind_ns)
		text_printf(out, " At this rate a fault of less than %s at one pod can pass unseen.",
			    units_show_duration(v->blind_ns, blind));
	text_printf(out, " %d rollout%s seen: to rule out a loss in one rollout of n takes 3n clean ones.", v->rollouts,
		    v->rollouts == 1 ? "" : "s");
}

char *verdict_confidence(const struct verdict *v)
{
	auto_text out = TEXT_INIT(2048);
	if (v->kind == VERDICT_PASS)
		confidence_of_pass(v, &out);
	else if (v->kind == VERDICT_INCONCLUSIVE)
		text_printf(&out, "Nothing lost in %" PRIu64 " requests, but that proves nothing: %s.", v->requests,
			    v->reason);
	else
		text_printf(&out, "%" PRIu64 " of %" PRIu64 " requests lost: seen, not estimated.", v->lost,
			    v->requests);
	return text_steal(&out);
}
