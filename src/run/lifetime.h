/* lifetime.h - one pod's life in instants, picked out of the events: what diagnosis, verdict and reports ask about.
 *
 *   created  started  ready …………… deleted  hook  term  (kill)  exited  gone
 *                                   └ grace period begins
 * What never happened is TIME_NEVER, so that `at >= life->term_ns` reads right.
 */
#ifndef RUN_LIFETIME_H
#define RUN_LIFETIME_H

#include "timeline.h"

struct lifetime {
	int64_t created_ns, started_ns, ready_ns; /* the first of each */
	int64_t deleted_ns;
	int64_t grace_ns; /* a duration */
	int64_t hook_started_ns, hook_ended_ns, hook_failed_ns;
	int64_t term_ns, kill_ns;
	int64_t exited_ns; /* of the container that serves, after its deletion */
	int64_t gone_ns;
	int64_t told_ns;  /* from when on it may stop serving: TERM, or earlier when the hook itself stops the server */
	int64_t ended_ns; /* no process, or no pod, any more */
	int64_t *plane_added_ns;   /* per data plane: the first time */
	int64_t *plane_removed_ns; /* the last time, unless it was added again */
};

struct lifetimes {
	struct lifetime *pods; /* timeline.pod_count of them */
	int64_t *planes;       /* one block for all */
};

/* The timeline must be finished. */
void lifetimes_init(struct lifetimes *l, const struct timeline *t);
void lifetimes_finish(struct lifetimes *l);

/* The hook was still running when the grace period was over: TERM and KILL come together. */
bool lifetime_hook_took_grace(const struct lifetime *l);
/* The hook failed by itself, before the end of the grace period. */
bool lifetime_hook_failed(const struct lifetime *l);
/* When the last data plane (by `plane`, or of all for EVENT_NONE) stopped sending to it. */
int64_t lifetime_removed_ns(const struct lifetime *l, const struct timeline *t, int plane);

#endif
