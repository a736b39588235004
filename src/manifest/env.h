/* env.h - the environment of a container. */
#ifndef MANIFEST_ENV_H
#define MANIFEST_ENV_H

#include "fields.h"

int env_read(struct reader *r, const struct node *list, struct container *c) __attribute__((warn_unused_result));

#endif
