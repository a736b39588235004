/* pairs.h - what must be true of a mapping once it is read: no key twice, merge keys (<<) merged. */
#ifndef MANIFEST_PAIRS_H
#define MANIFEST_PAIRS_H

#include "base/err.h"
#include "node.h"

/* Also sets the weight of `map`. */
int pairs_finish(struct manifest_memory *memory, const char *name, struct node *map, struct err *err)
	__attribute__((warn_unused_result));

#endif
