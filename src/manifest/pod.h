/* pod.h - the template of a Deployment's pods. */
#ifndef MANIFEST_POD_H
#define MANIFEST_POD_H

#include "fields.h"

/* `n` is spec.template: metadata and spec. */
int pod_read(struct reader *r, const struct node *n, struct pod_spec *ret_pod) __attribute__((warn_unused_result));

#endif
