/* environment.h - the words of LAMEDUCK_ variables. NULL and "" are not set: the field stays as it is. */
#ifndef LIFECYCLE_ENVIRONMENT_H
#define LIFECYCLE_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "250ms", "2s", "1m30s", "1h"; a bare number is seconds; what is below a millisecond is cut off. -EINVAL for anything
 * else. The library cannot use base/units.h: it links with nothing but libc. */
int lameduck_env_duration(const char *word, int64_t *ret_ms);
int lameduck_env_readiness(const char *word, bool *ret_keeps); /* "fail", "keep" */

#endif
