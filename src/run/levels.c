// SPDX-License-Identifier: Apache-2.0
#include "levels.h"

#include "base/memory.h"

#include <stdlib.h>

static void level_step(struct level *l, bool *is_in, bool wanted, int64_t at_ns)
{
	if (*is_in == wanted)
		return;
	*is_in = wanted;
	if ((l->count & (l->count - 1)) == 0) /* full at each power of two */
		l->steps = memory_resize(l->steps, l->count ? l->count * 2 : 1, sizeof *l->steps);
	int before = l->count ? l->steps[l->count - 1].count : 0;
	l->steps[l->count++] = (struct level_step){at_ns, before + (wanted ? 1 : -1)};
}

/* A pod that is being deleted is not ready any more, whatever its probe says. */
static void levels_ready(struct levels *l, const struct timeline *t)
{
	bool *is_ready = memory_new((size_t)t->pod_count + 1, sizeof *is_ready);
	bool *is_deleted = memory_new((size_t)t->pod_count + 1, sizeof *is_deleted);
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *e = &t->events[i];
		if (e->pod == EVENT_NONE)
			continue;
		if (e->kind == EVENT_POD_DELETED || e->kind == EVENT_POD_GONE)
			is_deleted[e->pod] = true;
		if (e->kind == EVENT_POD_READY)
			level_step(&l->ready, &is_ready[e->pod], !is_deleted[e->pod], e->at_ns);
		else if (e->kind == EVENT_POD_UNREADY || is_deleted[e->pod])
			level_step(&l->ready, &is_ready[e->pod], false, e->at_ns);
	}
	free(is_ready);
	free(is_deleted);
}

static void levels_plane(struct levels *l, const struct timeline *t, int plane)
{
	bool *is_listed = memory_new((size_t)t->pod_count + 1, sizeof *is_listed);
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *e = &t->events[i];
		if (e->pod == EVENT_NONE || e->plane != plane)
			continue;
		if (e->kind == EVENT_PLANE_ADDED || e->kind == EVENT_PLANE_REMOVED)
			level_step(&l->planes[plane], &is_listed[e->pod], e->kind == EVENT_PLANE_ADDED, e->at_ns);
	}
	free(is_listed);
}

void levels_init(struct levels *l, const struct timeline *t)
{
	*l = (struct levels){.plane_count = t->plane_count};
	l->planes = memory_new((size_t)t->plane_count + 1, sizeof *l->planes);
	levels_ready(l, t);
	for (int i = 0; i < t->plane_count; i++)
		levels_plane(l, t, i);
}

void levels_finish(struct levels *l)
{
	for (int i = 0; i < l->plane_count; i++)
		free(l->planes[i].steps);
	free(l->planes);
	free(l->ready.steps);
	*l = (struct levels){0};
}

int level_least(const struct level *l, int64_t from_ns, int64_t to_ns)
{
	if (!l->count)
		return LEVEL_UNKNOWN;
	size_t low = 0, high = l->count; /* the first step after `from` */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (l->steps[middle].at_ns <= from_ns)
			low = middle + 1;
		else
			high = middle;
	}
	int least = low ? l->steps[low - 1].count : 0;
	for (; low < l->count && l->steps[low].at_ns <= to_ns; low++)
		if (l->steps[low].count < least)
			least = l->steps[low].count;
	return least;
}
