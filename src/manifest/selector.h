/* selector.h - which labels a Deployment's pods must have. */
#ifndef MANIFEST_SELECTOR_H
#define MANIFEST_SELECTOR_H

#include "fields.h"

/* Checks `labels` (of the template) against spec.selector, as the API server does. `ret_labels` gets matchLabels; where
 * there are only matchExpressions it gets the template's labels, which fulfil them. */
int selector_read(struct reader *r, const struct node *n, const struct labels *labels, struct labels *ret_labels)
	__attribute__((warn_unused_result));

#endif
