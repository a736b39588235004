/* serve.h - the reference server: how a server should come and go, and, on request, how many do.
 *
 * It answers any method on any path with its version and its pod's name; a path's `?wait=SECONDS`
 * makes that answer take so long. TERM or INT ends it in the way `on_term` says, a second one at once.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/err.h"
#include "http/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum serve_on_term {
	SERVE_EXIT = 0, /* at once, with whatever is in flight */
	SERVE_CLOSE,    /* listener and idle connections closed at once, requests in flight finished */
	SERVE_DRAIN,    /* lame duck, then nothing accepted is lost */
	SERVE_LINGER,   /* goes on unchanged, then exits with whatever is in flight */
};

enum serve_startup {
	SERVE_REFUSE = 0, /* nothing listens while it starts */
	SERVE_500,        /* everything but probes is answered 500 */
};

/* What clients may cost; 0 is no bound. What goes beyond is answered as the comment says, and then closed. */
struct serve_limits {
	struct http_limits http;
	int64_t connections; /* 503, while it is not ending */
	int64_t idle_ns;     /* closed without a word: an unasked-for answer would be taken for the next request's */
	int64_t header_ns;   /* from the first byte of a request to its head's last: 408 */
	int64_t body_ns;     /* from one piece of content to the next: 408 */
	int64_t write_ns;    /* from one piece of an answer that is taken to the next: cut */
};

#define SERVE_NO_PORT (-1)

struct serve_config {
	const char *address;
	uint16_t port;      /* 0: any */
	int32_t probe_port; /* for probes and metrics alone; SERVE_NO_PORT: the same port is for all */
	int64_t threads;
	const char *pod, *version;
	bool as_json;     /* the account at the end; then all lines go to standard error */
	bool logs_access; /* a line for each answer */
	enum serve_startup startup;
	int64_t startup_delay_ns;
	int64_t delay_ns;             /* of each answer that is no probe's */
	double hang_rate, error_rate; /* of the pages: never answered; answered 500 */
	uint64_t seed;                /* which of them */
	int64_t workers;              /* requests worked on at the same time, the rest queue; 0 = no bound */
	struct serve_limits limits;
	enum serve_on_term on_term;
	bool keeps_readiness;
	const char *prestop_path; /* of an HTTP preStop hook: begins the end; NULL: none */
	int64_t lame_duck_ns, quiet_ns, drain_timeout_ns;
	int64_t margin_ns; /* before the end of that; negative: as liblameduck has it */
	int64_t grace_ns;  /* the pod's, from TERM on; 0: not known, nothing ends before its own time */
};

/* Returns when the server has ended: STATUS_OK, STATUS_LOST when something was cut (unless that is what `on_term`
 * asks for), or a negative errno. */
int serve_run(const struct serve_config *config, struct err *err) __attribute__((warn_unused_result));
const char *serve_on_term_name(enum serve_on_term on_term);

#endif
