/* timing.h - how long the control plane takes for what it does, where the lab has to say it.
 *
 * Measured on a quiet single-node cluster (1.20.2), medians: a container runs about 350 ms after its pod was created;
 * after DELETE the stop signal is delivered at 20 ms, the EndpointSlice changes at 34 ms and the node's rules at 114 ms
 * (82-135); a third change within a second waits for kube-proxy's minSyncPeriod of 1 s. A busy cluster is slower: that
 * is what --lag is for.
 */
#ifndef LAB_TIMING_H
#define LAB_TIMING_H

#include "base/clock.h"

#define TIMING_START (350 * NS_PER_MS)     /* pod created -> scheduled, sandbox made, containers started */
#define TIMING_DELETION (18 * NS_PER_MS)   /* pod deleted -> its kubelet begins to end it */
#define TIMING_SLICE (32 * NS_PER_MS)      /* a pod's condition -> EndpointSlice */
#define TIMING_CONTROLLER (15 * NS_PER_MS) /* a pod's condition -> Deployment and ReplicaSet act */
#define TIMING_RELIST (1 * NS_PER_S)       /* a kubelet looks at its containers once a second (PLEG) */
#define TIMING_TEARDOWN (60 * NS_PER_MS)   /* last container ended -> sandbox and network gone */
#define TIMING_LAG_LOW (50 * NS_PER_MS)    /* EndpointSlice -> a node's rules */
#define TIMING_LAG_HIGH (100 * NS_PER_MS)
#define TIMING_MIN_SYNC (1 * NS_PER_S)    /* kube-proxy's minSyncPeriod */
#define TIMING_INGRESS_LAG (3 * NS_PER_S) /* EndpointSlice -> the ingress' configuration */
#define TIMING_BACKOFF (10 * NS_PER_S)    /* a container that ends again and again: first wait, then doubled */
#define TIMING_BACKOFF_MAX (300 * NS_PER_S)

#endif
