/* trace.h - what a request with "Zerodrop-Trace: 1" is told: who answers, in which state, how long after TERM. */
#ifndef SERVE_TRACE_H
#define SERVE_TRACE_H

#include <stdbool.h>

struct server;

#define TRACE_FIELD "zerodrop-trace"
#define TRACE_SIZE 384

bool trace_is_wanted(const char *value); /* NULL or "": the request has no such field */
/* "state=lame-duck pod=shop-abc since-term=1.234s"; before TERM without the last. Returns `out`. */
const char *trace_write(const struct server *s, char out[TRACE_SIZE]);

#endif
