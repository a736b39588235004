/* container.h - one container of a pod's spec. */
#ifndef MANIFEST_CONTAINER_H
#define MANIFEST_CONTAINER_H

#include "fields.h"

/* `is_init`: one of initContainers, where probes and hooks are for sidecars only. */
int container_read(struct reader *r, const struct node *n, bool is_init, struct container *ret_container)
	__attribute__((warn_unused_result));

#endif
