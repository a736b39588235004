/* bytes.h - looks over the bytes of a stream before anything parses them: UTF-8 without the characters that YAML
 * forbids, and not of a shape that costs the parser far more than its length. */
#ifndef MANIFEST_BYTES_H
#define MANIFEST_BYTES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define BYTES_MAX (16 << 20) /* of one stream: ten times what the API server takes for one object */

int bytes_check(const char *name, const char *data, size_t length, struct err *err) __attribute__((warn_unused_result));

#endif
