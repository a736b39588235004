/* cluster.h - a cluster as the rest sees it, embedded or real: it is started, its Deployment is rolled, and it tells
 *what happens. `rehearse` and `rollout` differ in which one they hold.
 *
 *	start ─▶ sink.ready … restart ─▶ sink.event … ─▶ rollout/settled … stop, loop empties, destroy
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "base/err.h"
#include "event.h"
#include "load/load.h"

struct cluster_sink {
	void (*pod)(int index, const struct cluster_pod *pod, void *data); /* again when more is known of it */
	void (*plane)(int index, const struct cluster_plane *plane, void *data);
	void (*event)(const struct event *event, void *data);
	void (*ready)(void *data); /* once: the first revision serves and every data plane knows it */
	void (*failed)(const struct err *err, void *data); /* once: it cannot go on */
	void *data;
};

struct cluster {
	void *self;
	int (*start)(void *self, struct err *err);
	void (*restart)(void *self); /* as `kubectl rollout restart` */
	/* Where the load goes: fills the targets and, when not set yet, the host header (owned by the cluster). */
	int (*targets)(void *self, struct load_config *load, struct err *err);
	/* The pod that a request's connection went to; EVENT_NONE when nobody can say. Asked about every outcome in
	 * order, and about failures once more at the end. */
	int (*pod_of)(const struct outcome *o, void *self);
	/* Ends everything and closes every handle. Then the loop must run until it has none left, and then: destroy. */
	void (*stop)(void *self);
	void (*destroy)(void *self);
};

#endif
