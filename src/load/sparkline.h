/* sparkline.h - a row of values as a row of characters, the largest a full block. */
#ifndef LOAD_SPARKLINE_H
#define LOAD_SPARKLINE_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* One character each; what is above 0 is never shown as nothing. Without `utf8`: in ASCII. */
void sparkline_write(struct text *out, const int64_t *values, int count, bool utf8);

#endif
