/* json.h - a verdict for programs. The fields are a contract (docs/record-format.md lists them). */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "run/verdict.h"

#include <jansson.h>

/* How it is written: readable, without digits that mean nothing. */
#define REPORT_JSON_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(9))

/* A new reference. Times ending in _s are seconds since the run's start; null where something never happened. */
json_t *report_json(const struct timeline *t, const struct verdict *v) __attribute__((warn_unused_result));

#endif
