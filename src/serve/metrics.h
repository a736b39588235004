/* metrics.h - what the server knows of itself, as Prometheus reads it (text format 0.0.4). Any thread. */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "base/text.h"

#define METRICS_MAX 16384

struct server;

void metrics_write(const struct server *s, struct text *out);

#endif
