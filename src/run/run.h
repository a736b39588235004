/* run.h - one run from the caller's side: says what happens as it happens, and gets a verdict at the end.
 *
 * Puts each thing into the timeline and, when there is a path, into the record. Call run_tick about every 100 ms: that
 * is how much a killed run loses. Pods and planes are described before events and outcomes name them.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/err.h"
#include "timeline.h"
#include "verdict.h"

struct run_config {
	struct run_facts facts;
	const char *record_path; /* NULL: not recorded; borrowed until run_create returns */
};

struct run;
struct run *run_create(const struct run_config *config, struct err *err); /* now is its start */
void run_destroy(struct run *r);                                          /* NULL is fine */

void run_pod(struct run *r, int index, const struct cluster_pod *pod);
void run_plane(struct run *r, int index, const struct cluster_plane *plane);
void run_event(struct run *r, const struct event *event);
/* `pod`: who is known to have answered or refused; EVENT_NONE: the answer's own headers tell. */
void run_outcome(struct run *r, const struct outcome *o, int pod);
/* A failure means that the record has a hole, not that the run has: say so and go on. */
int run_tick(struct run *r, struct err *err) __attribute__((warn_unused_result));

/* Call once. `totals` NULL: the run is cut short. `pod_of` may be NULL (timeline_attribute). `err` as in run_tick; it
 * is filled beside a good verdict. The verdict lives as long as the run. */
const struct verdict *run_finish(struct run *r, const struct load_totals *totals,
				 int (*pod_of)(const struct outcome *o, void *data), void *data, struct err *err);
const struct timeline *run_timeline(const struct run *r);

#endif
