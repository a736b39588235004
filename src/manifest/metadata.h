/* metadata.h - names, labels and annotations. Other fields of metadata are taken as they are: clusters write many. */
#ifndef MANIFEST_METADATA_H
#define MANIFEST_METADATA_H

#include "fields.h"

struct metadata {
	const char *name, *namespace; /* "" when not given */
	const struct node *name_node, *labels_node;
	struct labels labels, annotations;
};

/* `n` may be NULL: no metadata. */
int metadata_read(struct reader *r, const struct node *n, struct metadata *ret_metadata)
	__attribute__((warn_unused_result));
/* A mapping of strings to strings; `form` of the values, or NULL. */
int labels_read(struct reader *r, const struct node *n, const char *what, const struct form *form,
		struct labels *ret_labels) __attribute__((warn_unused_result));
const char *labels_find(const struct labels *labels, const char *key); /* NULL when it is not there */

#endif
