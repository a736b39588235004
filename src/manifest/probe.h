/* probe.h - startup, readiness and liveness probes, and the lifecycle hooks of a container. */
#ifndef MANIFEST_PROBE_H
#define MANIFEST_PROBE_H

#include "fields.h"

enum probe_kind { PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS };

/* `n` NULL: there is no such probe. */
int probe_read(struct reader *r, const struct node *n, enum probe_kind kind, struct probe *ret_probe)
	__attribute__((warn_unused_result));
/* The `lifecycle` of a container, NULL when it has none. */
int lifecycle_read(struct reader *r, const struct node *n, struct handler *ret_post_start, struct handler *ret_pre_stop)
	__attribute__((warn_unused_result));

#endif
