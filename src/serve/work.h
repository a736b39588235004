/* work.h - one request that is being worked on, whichever protocol it came by: it queues for a place where places are
 * bounded, takes its time, and is then done. First come, first served, over all threads. Private to this room.
 */
#ifndef SERVE_WORK_H
#define SERVE_WORK_H

#include "base/list.h"
#include "deadlines.h"
#include "route.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct lane;

struct gate {
	int64_t places; /* 0: no bound, nobody waits */
	int64_t taken;
	uv_mutex_t lock;
	struct list waiting;
};

void gate_init(struct gate *g, int64_t places);
void gate_finish(struct gate *g);

enum work_state {
	WORK_NONE = 0,
	WORK_QUEUED,
	WORK_ON,
};

struct work {
	struct list link; /* guarded by the gate: waiting there, or granted a place and not yet told; or a hook's */
	bool is_granted;  /* guarded by the gate */
	struct lane *lane;
	struct deadline wait;
	struct route route;
	enum work_state state;
	void (*done)(struct work *w);
};

void work_init(struct work *w, struct lane *lane, void (*done)(struct work *w));
/* True: done at once. False: `done` is called when it is, unless it is cancelled. */
bool work_begin(struct work *w, const struct route *route);
void work_cancel(struct work *w); /* without need is fine */
void work_release_hooks(struct lane *l);
/* Goes on with what was granted a place meanwhile. */
void work_take_granted(struct lane *l);

#endif
