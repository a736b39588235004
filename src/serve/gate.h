/* gate.h - lets so many work at the same time and queues the rest, first come, first served. */
#ifndef SERVE_GATE_H
#define SERVE_GATE_H

#include "base/list.h"

#include <stddef.h>
#include <stdint.h>

struct gate {
	int64_t places; /* 0: no bound, nobody waits */
	int64_t taken;
	struct list waiting;
};

static inline void gate_init(struct gate *g, int64_t places)
{
	g->places = places;
	g->taken = 0;
	list_init(&g->waiting);
}

/* False: `node` waits until gate_leave hands it a place; unlinking it gives up. */
static inline bool gate_enter(struct gate *g, struct list *node)
{
	if (g->places > 0 && g->taken == g->places) {
		list_append(&g->waiting, node);
		return false;
	}
	g->taken++;
	return true;
}

/* Whoever gets the place that becomes free, or NULL. */
static inline struct list *gate_leave(struct gate *g)
{
	struct list *next = g->waiting.next;
	if (list_is_empty(&g->waiting)) {
		g->taken--;
		return NULL;
	}
	list_unlink(next);
	return next;
}

#endif
