/* levels.h - the tables that others look into: where a field would belong that stands in the wrong place. */
#ifndef MANIFEST_LEVELS_H
#define MANIFEST_LEVELS_H

#include "fields.h"

extern const struct level level_deployment_spec, level_pod_spec, level_container, level_probe;
extern const struct level *const levels_searched[]; /* NULL-ended */

#endif
