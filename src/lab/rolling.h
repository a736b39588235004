/* rolling.h - how many pods a rolling update may make and delete now: the arithmetic of the Deployment controller
 * (kubernetes pkg/controller/deployment, rolling.go), and nothing else.
 *
 * `created` counts pods that were made and not deleted (the ReplicaSet's replicas); a pod that is terminating counts
 * nowhere. `available` are those ready for minReadySeconds.
 */
#ifndef LAB_ROLLING_H
#define LAB_ROLLING_H

#include "manifest/objects.h"

#include <stdint.h>

struct rolling {
	int64_t replicas, max_surge, max_unavailable; /* in pods */
};

struct rolling_side {
	int64_t created, available;
};

/* Percentages of the surge round up, of the unavailable down; when both come out as 0, maxUnavailable is 1. */
struct rolling rolling_resolve(const struct deployment *d);

/* New pods to make. */
int64_t rolling_grow(const struct rolling *r, struct rolling_side old, struct rolling_side new);

struct rolling_shrink {
	int64_t unavailable; /* old pods that serve nothing anyway: these go first */
	int64_t available;
};

/* Old pods to delete. */
struct rolling_shrink rolling_shrink(const struct rolling *r, struct rolling_side old, struct rolling_side new);

#endif
