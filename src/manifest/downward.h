/* downward.h - the fields of its own pod that a container may have in its environment (the downward API). */
#ifndef MANIFEST_DOWNWARD_H
#define MANIFEST_DOWNWARD_H

#include <stdbool.h>
#include <stddef.h>

/* One of the plain paths ("status.podIP"), or metadata.labels['key'] or metadata.annotations['key'] with a good key. */
bool downward_is_known(const char *path);
/* The plain path nearest to a misspelt one, or NULL. */
const char *downward_nearest(const char *path);

#endif
