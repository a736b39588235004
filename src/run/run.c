// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "record.h"

#include <stdlib.h>

struct run {
	struct timeline *timeline;
	struct record *record; /* or NULL */
	struct verdict verdict;
};

static void run_bucket(const struct bucket *b, void *data)
{
	record_bucket(data, b);
}

struct run *run_create(const struct run_config *config, struct err *err)
{
	int64_t start = clock_ns(), wall = clock_wall_ns();
	struct record *record = NULL;
	if (config->record_path) {
		record = record_create(config->record_path, &config->facts, start, wall, err);
		if (!record)
			return NULL;
	}
	struct run *r = memory_new(1, sizeof *r);
	r->record = record;
	r->timeline = timeline_create(&config->facts, start, wall);
	if (record)
		timeline_watch_buckets(r->timeline, run_bucket, record);
	return r;
}

void run_destroy(struct run *r)
{
	if (!r)
		return;
	verdict_finish(&r->verdict);
	timeline_destroy(r->timeline);
	record_destroy(r->record);
	free(r);
}

void run_pod(struct run *r, int index, const struct cluster_pod *pod)
{
	timeline_pod(r->timeline, index, pod);
	if (r->record && index < r->timeline->pod_count)
		record_pod(r->record, index, pod);
}

void run_plane(struct run *r, int index, const struct cluster_plane *plane)
{
	timeline_plane(r->timeline, index, plane);
	if (r->record && index < r->timeline->plane_count)
		record_plane(r->record, index, plane);
}

void run_event(struct run *r, const struct event *event)
{
	timeline_event(r->timeline, event);
	if (r->record) /* as the timeline has it: an index that was never described would spoil the record */
		record_event(r->record, &r->timeline->events[r->timeline->event_count - 1]);
}

void run_outcome(struct run *r, const struct outcome *o, int pod)
{
	struct timeline *t = r->timeline;
	timeline_outcome(t, o, pod);
	if (!r->record || o->kind == OUTCOME_OK)
		return;
	struct failure not_kept = {.outcome = *o, .pod = pod, .plane = EVENT_NONE};
	bool is_kept = t->failed == t->failure_count;
	record_failure(r->record, is_kept ? &t->failures[t->failure_count - 1] : &not_kept);
}

int run_tick(struct run *r, struct err *err)
{
	timeline_tick(r->timeline, clock_ns());
	return r->record ? record_flush(r->record, err) : 0;
}

/* What the caller knew better goes into the record too. */
static void run_attribute(struct run *r, int (*pod_of)(const struct outcome *o, void *data), void *data)
{
	struct timeline *t = r->timeline;
	int *before = memory_new(t->failure_count + 1, sizeof *before);
	for (size_t i = 0; i < t->failure_count; i++)
		before[i] = t->failures[i].pod;
	timeline_attribute(t, pod_of, data);
	for (size_t i = 0; i < t->failure_count && r->record; i++)
		if (t->failures[i].pod != before[i])
			record_attribution(r->record, i, t->failures[i].pod);
	free(before);
}

const struct verdict *run_finish(struct run *r, const struct load_totals *totals,
				 int (*pod_of)(const struct outcome *o, void *data), void *data, struct err *err)
{
	run_attribute(r, pod_of, data);
	timeline_finish(r->timeline, totals);
	if (r->record) {
		if (totals)
			record_end(r->record, totals);
		(void)!record_flush(r->record, err);
	}
	verdict_init(&r->verdict, r->timeline);
	return &r->verdict;
}

const struct timeline *run_timeline(const struct run *r)
{
	return r->timeline;
}
