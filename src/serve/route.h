/* route.h - what a request asks for: a probe's truth, or the page, after a while if it says so. No sockets. */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "base/clock.h"
#include "lifecycle/lifecycle.h"

#include <stddef.h>

/* The longest `?wait=` that is granted. */
#define ROUTE_WAIT_MAX_S 600

struct route {
	int status;
	const char *body;  /* NULL: the page */
	int64_t wait_ns;   /* before it is answered */
	bool takes_worker; /* probes and refusals are answered at once, whoever else waits */
};

/* `target` as in the request line, origin or absolute form. `delay_ns` holds where the request asks for no `wait`. */
struct route route_find(const char *target, size_t length, const struct lifecycle *life, int64_t delay_ns);

#endif
