/* backend.h - where an Ingress' path leads. networking.k8s.io/v1 changed its shape: manifests of either age are read.
 */
#ifndef MANIFEST_BACKEND_H
#define MANIFEST_BACKEND_H

#include "fields.h"

/* 1: `p` has the Service, the port and its place; 0: the path leads to something else, which is noted. */
int backend_read(struct reader *r, const struct node *n, bool is_v1, struct ingress_path *p)
	__attribute__((warn_unused_result));

#endif
