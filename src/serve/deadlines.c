// SPDX-License-Identifier: Apache-2.0
#include "deadlines.h"

#include "base/memory.h"

#include <stdlib.h>

void deadlines_finish(struct deadlines *ds)
{
	free(ds->heap);
	*ds = (struct deadlines){0};
}

void deadline_init(struct deadline *d, void (*due)(struct deadline *d))
{
	*d = (struct deadline){.at_ms = DEADLINE_NEVER, .due = due};
}

static void heap_put(struct deadlines *ds, size_t i, struct deadline_entry e)
{
	ds->heap[i] = e;
	e.deadline->place = i + 1;
}

static void heap_rise(struct deadlines *ds, size_t i, struct deadline_entry e)
{
	while (i > 0 && e.at_ms < ds->heap[(i - 1) / 2].at_ms) {
		heap_put(ds, i, ds->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(ds, i, e);
}

static void heap_sink(struct deadlines *ds, size_t i, struct deadline_entry e)
{
	for (;;) {
		size_t child = 2 * i + 1;
		if (child + 1 < ds->count && ds->heap[child + 1].at_ms < ds->heap[child].at_ms)
			child++;
		if (child >= ds->count || e.at_ms <= ds->heap[child].at_ms)
			break;
		heap_put(ds, i, ds->heap[child]);
		i = child;
	}
	heap_put(ds, i, e);
}

void deadline_set(struct deadlines *ds, struct deadline *d, uint64_t at_ms)
{
	d->at_ms = at_ms;
	if (d->place) {
		if (at_ms < ds->heap[d->place - 1].at_ms)
			heap_rise(ds, d->place - 1, (struct deadline_entry){at_ms, d});
		return;
	}
	if (at_ms == DEADLINE_NEVER)
		return;
	if (ds->count == ds->capacity) {
		ds->capacity = ds->capacity ? 2 * ds->capacity : 64;
		ds->heap = memory_resize(ds->heap, ds->capacity, sizeof *ds->heap);
	}
	heap_rise(ds, ds->count++, (struct deadline_entry){at_ms, d});
}

void deadline_remove(struct deadlines *ds, struct deadline *d)
{
	d->at_ms = DEADLINE_NEVER;
	if (!d->place)
		return;
	size_t i = d->place - 1;
	d->place = 0;
	struct deadline_entry last = ds->heap[--ds->count];
	if (i == ds->count)
		return;
	/* It comes from another branch: it may belong further up as well as further down. */
	if (i > 0 && last.at_ms < ds->heap[(i - 1) / 2].at_ms)
		heap_rise(ds, i, last);
	else
		heap_sink(ds, i, last);
}

struct deadline *deadlines_take(struct deadlines *ds, uint64_t now_ms)
{
	while (ds->count && ds->heap[0].at_ms <= now_ms) {
		struct deadline *d = ds->heap[0].deadline;
		if (d->at_ms <= now_ms) {
			deadline_remove(ds, d);
			return d;
		}
		if (d->at_ms == DEADLINE_NEVER)
			deadline_remove(ds, d);
		else
			heap_sink(ds, 0, (struct deadline_entry){d->at_ms, d});
	}
	return NULL;
}

uint64_t deadlines_next(const struct deadlines *ds)
{
	return ds->count ? ds->heap[0].at_ms : DEADLINE_NEVER;
}
