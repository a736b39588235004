// SPDX-License-Identifier: Apache-2.0
#include "timeline.h"

#include "attribution.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct timeline_private {
	struct bucket_open open;
	int64_t bucket_end_ns; /* of the open one */
	void (*closed)(const struct bucket *b, void *data);
	void *closed_data;
	uint32_t *name_hashes; /* of the pods: a good answer's pod is looked up thousands of times a second */
	size_t pods, planes, events, failures, buckets, tallies; /* capacities */
};

struct timeline *timeline_create(const struct run_facts *facts, int64_t start_ns, int64_t start_wall_ns)
{
	struct timeline *t = memory_new(1, sizeof *t);
	t->private = memory_new(1, sizeof *t->private);
	t->facts = *facts;
	t->start_ns = start_ns;
	t->start_wall_ns = start_wall_ns;
	t->first_ns = TIME_NEVER;
	t->last_ns = TIME_EVER;
	t->private->bucket_end_ns = start_ns;
	t->private->open.so_far.start_ns = start_ns;
	return t;
}

void timeline_destroy(struct timeline *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->bucket_count; i++)
		bucket_finish(&t->buckets[i]);
	bucket_finish(&t->private->open.so_far);
	free(t->private->name_hashes);
	free(t->private);
	free(t->pods);
	free(t->planes);
	free(t->events);
	free(t->failures);
	free(t->buckets);
	free(t->tallies);
	free(t);
}

/* Room for one more at the end of an array that doubles. */
static void *timeline_room(void *array, size_t needed, size_t *capacity, size_t size)
{
	if (needed <= *capacity)
		return array;
	size_t more = *capacity ? *capacity * 2 : 64;
	while (more < needed)
		more *= 2;
	*capacity = more;
	return memory_resize(array, more, size);
}

static uint32_t name_hash(const char *name)
{
	uint32_t h = 2166136261u;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

void timeline_pod(struct timeline *t, int index, const struct cluster_pod *pod)
{
	if (index < 0 || index >= TIMELINE_PODS_MAX)
		return;
	struct timeline_private *p = t->private;
	size_t before = p->pods;
	t->pods = timeline_room(t->pods, (size_t)index + 1, &p->pods, sizeof *t->pods);
	if (p->pods != before)
		p->name_hashes = memory_resize(p->name_hashes, p->pods, sizeof *p->name_hashes);
	for (; t->pod_count <= index; t->pod_count++) {
		t->pods[t->pod_count] = (struct timeline_pod){
			.first_ok_ns = TIME_NEVER, .last_ok_ns = TIME_EVER, .last_started_ns = TIME_EVER};
		p->name_hashes[t->pod_count] = name_hash("");
	}
	t->pods[index].pod = *pod;
	t->pods[index].is_known = true;
	p->name_hashes[index] = name_hash(pod->name);
}

void timeline_plane(struct timeline *t, int index, const struct cluster_plane *plane)
{
	if (index < 0 || index >= TIMELINE_PLANES_MAX)
		return;
	t->planes = timeline_room(t->planes, (size_t)index + 1, &t->private->planes, sizeof *t->planes);
	for (; t->plane_count <= index; t->plane_count++)
		t->planes[t->plane_count] = (struct cluster_plane){0};
	t->planes[index] = *plane;
}

void timeline_event(struct timeline *t, const struct event *event)
{
	t->events = timeline_room(t->events, t->event_count + 1, &t->private->events, sizeof *t->events);
	struct event *e = &t->events[t->event_count++];
	*e = *event;
	if (e->pod < 0 || e->pod >= t->pod_count)
		e->pod = EVENT_NONE;
	if (e->plane < 0 || e->plane >= t->plane_count)
		e->plane = EVENT_NONE;
}

int timeline_pod_by_name(const struct timeline *t, const char *name)
{
	if (!*name)
		return EVENT_NONE;
	uint32_t wanted = name_hash(name);
	/* From the end: during a rollout the latest pods answer most. */
	for (int i = t->pod_count - 1; i >= 0; i--)
		if (t->private->name_hashes[i] == wanted && t->pods[i].is_known && !strcmp(t->pods[i].pod.name, name))
			return i;
	return EVENT_NONE;
}

int timeline_plane_of_target(const struct timeline *t, unsigned target)
{
	if (target >= (unsigned)t->facts.target_count)
		return EVENT_NONE;
	for (int i = 0; i < t->plane_count; i++)
		if (*t->planes[i].name && !strcmp(t->planes[i].name, t->facts.targets[target]))
			return i;
	return EVENT_NONE;
}

bool timeline_knows_pods(const struct timeline *t)
{
	for (int i = 0; i < t->pod_count; i++)
		if (t->pods[i].ok)
			return true;
	return false;
}

static void timeline_count(struct timeline *t, enum outcome_kind kind, int status)
{
	if (kind != OUTCOME_STATUS)
		status = 0;
	for (size_t i = 0; i < t->tally_count; i++) {
		if (t->tallies[i].kind == kind && t->tallies[i].status == status) {
			t->tallies[i].count++;
			return;
		}
	}
	t->tallies = timeline_room(t->tallies, t->tally_count + 1, &t->private->tallies, sizeof *t->tallies);
	t->tallies[t->tally_count++] = (struct timeline_tally){kind, status, 1};
}

static void timeline_failure(struct timeline *t, const struct outcome *o, int pod)
{
	t->failed++;
	timeline_count(t, o->kind, o->status);
	if (t->failure_count == TIMELINE_FAILURES_MAX)
		return;
	t->failures = timeline_room(t->failures, t->failure_count + 1, &t->private->failures, sizeof *t->failures);
	struct failure *f = &t->failures[t->failure_count++];
	*f = (struct failure){.outcome = *o, .pod = pod, .plane = timeline_plane_of_target(t, o->target)};
	if (f->pod == EVENT_NONE)
		f->pod = attribution_guess(t, f);
}

static void timeline_close_bucket(struct timeline *t, int64_t next_ns)
{
	struct bucket closed;
	int64_t start = next_ns - (next_ns - t->start_ns) % BUCKET_NS;
	if (bucket_open_close(&t->private->open, start, &closed)) {
		if (t->private->closed)
			t->private->closed(&closed, t->private->closed_data);
		timeline_bucket(t, &closed);
	}
	t->private->bucket_end_ns = start + BUCKET_NS;
}

void timeline_tick(struct timeline *t, int64_t now_ns)
{
	if (now_ns >= t->private->bucket_end_ns)
		timeline_close_bucket(t, now_ns);
}

static void timeline_span(struct timeline *t, int64_t from_ns, int64_t to_ns)
{
	if (from_ns < t->first_ns)
		t->first_ns = from_ns;
	if (to_ns > t->last_ns)
		t->last_ns = to_ns;
}

void timeline_outcome(struct timeline *t, const struct outcome *o, int pod)
{
	if (pod < 0 || pod >= t->pod_count)
		pod = EVENT_NONE;
	timeline_span(t, o->started_ns, o->ended_ns);
	if (o->kind != OUTCOME_OK) {
		timeline_failure(t, o, pod);
		return;
	}
	timeline_tick(t, o->ended_ns);
	if (pod == EVENT_NONE)
		pod = timeline_pod_by_name(t, o->pod);
	bucket_open_add(&t->private->open, pod, o->scheduled_ns, o->started_ns, o->ended_ns);
}

static void timeline_answers(struct timeline *t, const struct bucket_pod *b)
{
	if (b->pod < 0 || b->pod >= t->pod_count)
		return;
	struct timeline_pod *p = &t->pods[b->pod];
	p->ok += b->ok;
	if (b->first_ok_ns < p->first_ok_ns)
		p->first_ok_ns = b->first_ok_ns;
	if (b->last_ok_ns > p->last_ok_ns)
		p->last_ok_ns = b->last_ok_ns;
	if (b->last_started_ns > p->last_started_ns)
		p->last_started_ns = b->last_started_ns;
}

void timeline_bucket(struct timeline *t, struct bucket *bucket)
{
	t->buckets = timeline_room(t->buckets, t->bucket_count + 1, &t->private->buckets, sizeof *t->buckets);
	struct bucket *b = &t->buckets[t->bucket_count++];
	*b = *bucket;
	*bucket = (struct bucket){0};
	t->ok += b->ok;
	bucket_merge(b, &t->latency);
	if (b->longest_ns > t->longest_ok_ns)
		t->longest_ok_ns = b->longest_ns;
	for (size_t i = 0; i < b->pod_count; i++)
		timeline_answers(t, &b->pods[i]);
	timeline_span(t, b->start_ns, b->start_ns + BUCKET_NS);
}

void timeline_watch_buckets(struct timeline *t, void (*closed)(const struct bucket *b, void *data), void *data)
{
	t->private->closed = closed;
	t->private->closed_data = data;
}

struct dated {
	int64_t at_ns;
	size_t index;
};

/* qsort may swap equals; the index keeps the order of arrival among them. */
static int dated_compare(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void timeline_sort_events(struct timeline *t)
{
	if (t->event_count < 2)
		return;
	struct dated *order = memory_new(t->event_count, sizeof *order);
	for (size_t i = 0; i < t->event_count; i++)
		order[i] = (struct dated){t->events[i].at_ns, i};
	qsort(order, t->event_count, sizeof *order, dated_compare);
	struct event *sorted = memory_new(t->event_count, sizeof *sorted);
	for (size_t i = 0; i < t->event_count; i++)
		sorted[i] = t->events[order[i].index];
	free(order);
	free(t->events);
	t->events = sorted;
	t->private->events = t->event_count;
}

void timeline_finish(struct timeline *t, const struct load_totals *totals)
{
	timeline_close_bucket(t, t->private->bucket_end_ns);
	timeline_sort_events(t);
	if (totals) {
		t->totals = *totals;
		t->is_complete = true;
	}
	for (int i = 0; i < t->pod_count; i++)
		t->pods[i].failed = 0;
	for (size_t i = 0; i < t->failure_count; i++)
		if (t->failures[i].pod != EVENT_NONE)
			t->pods[t->failures[i].pod].failed++;
}

void timeline_attribute(struct timeline *t, int (*pod_of)(const struct outcome *o, void *data), void *data)
{
	for (size_t i = 0; i < t->failure_count; i++) {
		struct failure *f = &t->failures[i];
		int pod = pod_of ? pod_of(&f->outcome, data) : EVENT_NONE;
		if (pod >= 0 && pod < t->pod_count)
			f->pod = pod;
		else if (f->pod == EVENT_NONE)
			f->pod = attribution_guess(t, f); /* its pod may have been described since */
	}
}
