/* path.h - the bytes of a descriptor into a manifest. */
#ifndef MANIFEST_PATH_H
#define MANIFEST_PATH_H

#include "manifest.h"

/* Reads to the end and parses under `name`. More than a manifest may have: ERR_INPUT. */
int path_read_fd(struct manifest *m, const char *name, int fd, struct err *err) __attribute__((warn_unused_result));

#endif
