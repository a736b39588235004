/* route.h - what a request asks for: a probe's truth, or the page, after a while if it says so. No sockets. */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest `?wait=` that is granted. */
#define ROUTE_WAIT_MAX_S 600

/* What the server knows of itself. */
struct route_facts {
	bool is_started, is_ready;
	bool answers_probes; /* on this port, and for metrics too */
	bool answers_pages;
	const char *prestop_path; /* NULL: none */
	int64_t delay_ns;         /* holds where the request asks for no `wait` */
};

enum route_kind {
	ROUTE_PAGE = 0, /* takes a worker, and its time */
	ROUTE_PROBE,    /* this and what follows is answered at once, whoever else waits */
	ROUTE_METRICS,
	ROUTE_PRESTOP, /* begins the end, and is answered when the lame duck is over */
	ROUTE_REFUSAL,
};

#define ROUTE_FOR_EVER INT64_MAX

struct route {
	enum route_kind kind;
	int status;
	const char *body; /* NULL: the page */
	int64_t wait_ns;  /* before it is answered; ROUTE_FOR_EVER */
};

/* `target` as in the request line, origin or absolute form. */
struct route route_find(const char *target, size_t length, const struct route_facts *facts);

#endif
