// SPDX-License-Identifier: Apache-2.0
#include "summary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct summary_rollout summary_rollout(const struct timeline *t)
{
	struct summary_rollout r = {TIME_NEVER, TIME_NEVER};
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *e = &t->events[i];
		if (e->kind == EVENT_ROLLOUT_STARTED && r.started_ns == TIME_NEVER)
			r.started_ns = e->at_ns;
		if (e->kind == EVENT_ROLLOUT_COMPLETE && r.started_ns != TIME_NEVER)
			r.took_ns = e->at_ns - r.started_ns;
	}
	return r;
}

static int tally_compare(const void *a, const void *b)
{
	const struct timeline_tally *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : x->status - y->status;
}

struct timeline_tally *summary_tallies(const struct timeline *t, size_t *ret_count)
{
	struct timeline_tally *copy = memory_new(t->tally_count + 1, sizeof *copy);
	if (t->tally_count)
		memcpy(copy, t->tallies, t->tally_count * sizeof *copy);
	qsort(copy, t->tally_count, sizeof *copy, tally_compare);
	*ret_count = t->tally_count;
	return copy;
}

static int worst_compare(const void *a, const void *b, void *timeline)
{
	const struct timeline *t = timeline;
	int x = *(const int *)a, y = *(const int *)b;
	if (t->pods[x].failed != t->pods[y].failed)
		return t->pods[x].failed > t->pods[y].failed ? -1 : 1;
	return x - y;
}

int *summary_worst_pods(const struct timeline *t, size_t *ret_count)
{
	int *pods = memory_new((size_t)t->pod_count + 1, sizeof *pods);
	size_t count = 0;
	for (int i = 0; i < t->pod_count; i++)
		if (t->pods[i].failed)
			pods[count++] = i;
	qsort_r(pods, count, sizeof *pods, worst_compare, (void *)t);
	*ret_count = count;
	return pods;
}
