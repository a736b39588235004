/* timeline.h - everything that was recorded in one run, in memory: plain data, to be read by whoever holds it.
 *
 * Filled in order of arrival, live or from a record, then finished once; diagnosis, verdict and reports only read. All
 * instants are those of the machine that recorded (or, from a record, counted from the run's start). Pods and data
 * planes are known by the cluster's own indices. Memory: successes cost about 1 KiB per 100 ms, failures about 350
 * bytes each up to TIMELINE_FAILURES_MAX; further ones are counted, not kept.
 */
#ifndef RUN_TIMELINE_H
#define RUN_TIMELINE_H

#include "bucket.h"
#include "cluster/event.h"
#include "facts.h"
#include "load/load.h"

#define TIME_NEVER INT64_MAX
#define TIME_EVER INT64_MIN

#define TIMELINE_PODS_MAX 10000
#define TIMELINE_PLANES_MAX 1000
#define TIMELINE_FAILURES_MAX 500000

struct timeline_pod {
	struct cluster_pod pod;
	bool is_known; /* false: the index was never described */
	uint64_t ok;
	int64_t first_ok_ns;     /* end of its first good answer; TIME_NEVER */
	int64_t last_ok_ns;      /* end of its last; TIME_EVER */
	int64_t last_started_ns; /* latest start of a request that it answered well; TIME_EVER */
	uint64_t failed;         /* failures attributed to it, once finished */
};

struct failure {
	struct outcome outcome;
	int pod;   /* EVENT_NONE: not known */
	int plane; /* by which it went; EVENT_NONE */
};

/* How often a request failed in one way: "status/503" and "status/500" are two. */
struct timeline_tally {
	enum outcome_kind kind;
	int status;
	uint64_t count;
};

struct timeline {
	struct run_facts facts;
	int64_t start_ns, start_wall_ns;
	struct timeline_pod *pods;
	int pod_count;
	struct cluster_plane *planes;
	int plane_count;
	struct event *events; /* once finished: in order of time */
	size_t event_count;
	struct failure *failures; /* in order of arrival, which is about the order of their ends */
	size_t failure_count;
	struct bucket *buckets;
	size_t bucket_count;

	uint64_t ok, failed; /* all, kept or not */
	struct timeline_tally *tallies;
	size_t tally_count;
	struct histogram latency;  /* of good answers */
	int64_t longest_ok_ns;     /* the slowest good answer, from its real start */
	int64_t first_ns, last_ns; /* first start and last end of a request; TIME_NEVER and TIME_EVER */

	struct load_totals totals; /* as the load counted; zero when cut short */
	bool is_complete;          /* it was finished with totals */
	int cut_line;              /* from a record whose last line was cut: which; else 0 */

	struct timeline_private *private;
};

struct timeline *timeline_create(const struct run_facts *facts, int64_t start_ns, int64_t start_wall_ns);
void timeline_destroy(struct timeline *t); /* NULL is fine */

/* Describes the pod at `index`; a second time replaces the first. Out of range is ignored. */
void timeline_pod(struct timeline *t, int index, const struct cluster_pod *pod);
void timeline_plane(struct timeline *t, int index, const struct cluster_plane *plane);
void timeline_event(struct timeline *t, const struct event *event);
/* Every outcome. `pod`: who is known to have answered or refused, else EVENT_NONE: then the outcome's own texts tell.
 */
void timeline_outcome(struct timeline *t, const struct outcome *o, int pod);
/* A closed bucket, as from a record; takes over what it holds. */
void timeline_bucket(struct timeline *t, struct bucket *bucket);
/* Called with each bucket as it closes, before anything later is seen. */
void timeline_watch_buckets(struct timeline *t, void (*closed)(const struct bucket *b, void *data), void *data);
/* Closes the open bucket when its 100 ms are over. */
void timeline_tick(struct timeline *t, int64_t now_ns);
/* Nothing comes after. `totals` NULL: the run was cut short. */
void timeline_finish(struct timeline *t, const struct load_totals *totals);

/* Asks `pod_of` (which may be NULL, and may answer EVENT_NONE) about every failure; where it has no answer, the
 * upstream header, then the pod that last answered on a reused connection. */
void timeline_attribute(struct timeline *t, int (*pod_of)(const struct outcome *o, void *data), void *data);

int timeline_pod_by_name(const struct timeline *t, const char *name); /* EVENT_NONE */
/* The pod that had this address at that time: the last one created before. */
int timeline_pod_by_ip(const struct timeline *t, const char *ip, size_t length, int64_t at_ns);
int timeline_plane_of_target(const struct timeline *t, unsigned target);
/* At least one good answer told which pod it came from: so one that never did has not answered. */
bool timeline_knows_pods(const struct timeline *t);

#endif
