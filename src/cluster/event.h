/* event.h - what happens in a cluster during a rollout, embedded or real. Names are a contract (records, JSON).
 *
 * Instants are CLOCK_MONOTONIC of this machine. Pods and data planes are known by their index in the cluster's tables,
 * which only grow: an index stays good for the whole run.
 */
#ifndef CLUSTER_EVENT_H
#define CLUSTER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
	EVENT_ROLLOUT_STARTED = 0, /* the Deployment's template changed */
	EVENT_ROLLOUT_COMPLETE,    /* every replica is new and available (kubectl rollout status would return) */
	EVENT_ROLLOUT_SETTLED,     /* and every old pod is gone */
	EVENT_ROLLOUT_STALLED,     /* progressDeadlineSeconds exceeded */
	EVENT_POD_CREATED,
	EVENT_POD_STARTED, /* its containers' processes run */
	EVENT_POD_READY,   /* Ready condition true */
	EVENT_POD_UNREADY,
	EVENT_POD_AVAILABLE,       /* ready for minReadySeconds */
	EVENT_POD_DELETED,         /* deletion asked for: grace period begins; value = grace, ns */
	EVENT_HOOK_STARTED,        /* preStop */
	EVENT_HOOK_ENDED,          /* value = how long, ns */
	EVENT_HOOK_FAILED,         /* could not run, or non-zero; detail says why */
	EVENT_TERM_SENT,           /* the container's stop signal */
	EVENT_KILL_SENT,           /* end of the grace period */
	EVENT_CONTAINER_EXITED,    /* value = exit status, 128+n for a signal; detail = "container" or
				    * "container: the last line that it wrote" */
	EVENT_CONTAINER_RESTARTED, /* detail = container */
	EVENT_PROBE_FAILED,        /* detail = "readiness web: HTTP 500" */
	EVENT_LIVENESS_KILL,       /* the liveness (or startup) probe gave the container up */
	EVENT_POD_GONE,            /* no process, no address */
	EVENT_ENDPOINT_ADDED,      /* in the EndpointSlice as ready */
	EVENT_ENDPOINT_REMOVED,    /* no longer ready there: terminating, or unready */
	EVENT_PLANE_ADDED,         /* this data plane now sends new connections to the pod */
	EVENT_PLANE_REMOVED,       /* and from now on no longer */
	EVENT_NOTE,                /* detail for people */
	EVENT_KINDS
};

#define EVENT_NONE (-1)
#define EVENT_DETAIL_SIZE 160

struct event {
	int64_t at_ns;
	enum event_kind kind;
	int pod;       /* EVENT_NONE: about no pod */
	int plane;     /* EVENT_NONE: about no data plane */
	int64_t value; /* by kind */
	char detail[EVENT_DETAIL_SIZE];
};

struct cluster_pod {
	char name[64]; /* "shop-6d4cf56db6-x7k2p" */
	char ip[16];
	int node;     /* from 1; 0 unknown */
	int revision; /* 1 = before the first rollout, 2 = after it, … */
};

enum plane_kind { PLANE_NODE = 0, PLANE_INGRESS, PLANE_DIRECT };

struct cluster_plane {
	enum plane_kind kind;
	char name[32]; /* "node-1", "ingress" */
};

/* "pod/deleted", "hook/started", "plane/removed". */
const char *event_name(enum event_kind kind);
bool event_parse(const char *name, enum event_kind *ret_kind);

#endif
