/* object.h - a Kubernetes object before its kind is looked into: apiVersion, kind, metadata, spec. */
#ifndef MANIFEST_OBJECT_H
#define MANIFEST_OBJECT_H

#include "fields.h"
#include "metadata.h"

struct object {
	const char *api;
	const struct node *node;
	const struct node *spec; /* never null */
	struct metadata metadata;
	const char *namespace; /* "default" when none is given */
};

/* Reads what all kinds have; `form` is the form of the name. Fields beside these and `status` are refused. */
int object_read(struct reader *r, const struct node *n, const char *api, const char *kind, const struct form *form,
		struct object *ret_object) __attribute__((warn_unused_result));

int deployment_read(struct reader *r, const struct object *o) __attribute__((warn_unused_result));
int service_read(struct reader *r, const struct object *o) __attribute__((warn_unused_result));
int ingress_read(struct reader *r, const struct object *o) __attribute__((warn_unused_result));

#endif
