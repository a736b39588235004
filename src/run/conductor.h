/* conductor.h - conducts one run: waits for the cluster, starts the load, rolls, follows to the last old pod, and
 *stops.
 *
 *	STARTING ─ready─▶ TRYING ─serves─▶ WARMING ─time─▶ ROLLING ─settled─▶ COOLING ─time─▶ DRAINING ─load done─▶
 *ENDED └──────────────────── failed, stalled, interrupted, duration over ─────────────────┘
 *
 * The old revision has been there for long when it is rolled: before anything counts, a trial load waits until it
 *serves without a failure. Only here do the load and the cluster meet. A run that is cut short still drains its load
 *and is judged on what it saw.
 */
#ifndef RUN_CONDUCTOR_H
#define RUN_CONDUCTOR_H

#include "cluster/cluster.h"
#include "facts.h"
#include "load/load.h"
#include "run.h"

#include <uv.h>

struct conductor;

enum conductor_phase {
	CONDUCTOR_STARTING = 0,
	CONDUCTOR_TRYING,
	CONDUCTOR_WARMING,
	CONDUCTOR_ROLLING,
	CONDUCTOR_COOLING,
	CONDUCTOR_DRAINING,
	CONDUCTOR_ENDED,
};

struct conductor_config {
	struct run_facts facts;
	struct load_config load;
	const char *record;  /* file, or NULL */
	int64_t warmup_ns;   /* load before the rollout */
	int64_t cooldown_ns; /* and after the last old pod has gone */
	int64_t duration_ns; /* of the load at most; 0: until all is done */
	int rollouts;
	/* Called when the phase changes (`event` NULL), at each event, and some times a second (`event` NULL). */
	void (*progress)(const struct conductor *c, const struct event *event, void *data);
	void *progress_data;
};

struct conductor;
/* Borrows what the config points at. */
struct conductor *conductor_create(uv_loop_t *loop, const struct conductor_config *config, struct err *err)
	__attribute__((warn_unused_result));
struct cluster_sink conductor_sink(struct conductor *c);
/* Takes the cluster over. */
int conductor_start(struct conductor *c, struct cluster *cluster, struct err *err) __attribute__((warn_unused_result));
/* The first time: no new requests, and judge. The second: at once. */
void conductor_interrupt(struct conductor *c);
/* When the loop has run empty: the verdict (borrowed), NULL when nothing was run. `err` is filled, beside a verdict
 * too, when the cluster could not go on or the record is not whole. */
const struct verdict *conductor_verdict(const struct conductor *c, struct err *err);
const struct timeline *conductor_timeline(const struct conductor *c);
void conductor_destroy(struct conductor *c);

/* For progress. */
enum conductor_phase conductor_phase(const struct conductor *c);
int64_t conductor_elapsed_ns(const struct conductor *c);
void conductor_counts(const struct conductor *c, uint64_t *ret_answered, uint64_t *ret_lost);

#endif
