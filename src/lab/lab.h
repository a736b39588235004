/* lab.h - the embedded cluster: real processes, real sockets, real nftables; only the control plane is ours.
 *
 * Lives in namespaces of its own (sandbox.h) on one loop and one thread. Kubernetes' rules are kept in the order and
 * the overlap that a real one has: a deletion starts the endpoint's removal and the kubelet's work at the same moment.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "base/err.h"
#include "cluster/cluster.h"
#include "manifest/objects.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum lab_via { LAB_VIA_SERVICE = 0, LAB_VIA_INGRESS, LAB_VIA_POD };

#define LAB_LAGS_MAX 64

struct lab_lag {
	char plane[32]; /* "nodes", "node-2", "ingress", "pods"; "" = all */
	int64_t low_ns, high_ns;
};

/* What to run for a container instead of its image's entrypoint. */
struct lab_run {
	const char *container;
	const char *command; /* words_split; the container's command and args are its "$@" */
};

struct lab_config {
	const struct deployment *target; /* the one that is rolled */
	enum lab_via via;
	int nodes;
	struct lab_lag lags[LAB_LAGS_MAX]; /* the last that fits counts */
	int lag_count;
	const struct lab_run *runs;
	int run_count;
	bool ingress_retries;
	int64_t rtt_ns; /* between clients and nodes; 0: none added */
	enum wire_gone gone;
	uint64_t seed;
	const char *logs; /* folder for the containers' output, or NULL */
};

/* The target, and what a Service leads to, as the target may call it; the rest gets no traffic and is not run. */
bool lab_runs(const struct manifest *m, const struct lab_config *config, const struct deployment *d);
/* Can this be run at all? Commands, ports, services: one message with its place. Before any namespace is made. */
int lab_check(const struct manifest *m, const struct lab_config *config, struct err *err)
	__attribute__((warn_unused_result));
/* The cluster; borrows config and manifest until it is destroyed. NULL when the lab cannot be made. */
struct cluster *lab_create(uv_loop_t *loop, const struct manifest *m, const struct lab_config *config,
			   const struct cluster_sink *sink, struct err *err) __attribute__((warn_unused_result));

#endif
