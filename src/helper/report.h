/* report.h - what became of the traffic at the end: a line on standard error, the termination message, statsd. */
#ifndef HELPER_REPORT_H
#define HELPER_REPORT_H

#include "settings.h"

struct report {
	const struct waiting *waiting;
	bool has_app;    /* `run`: the rest is known */
	int status;      /* the app's, as a shell would say */
	int64_t app_ns;  /* from its stop signal to its end */
	bool was_killed; /* the grace period was over */
	uint64_t cut;    /* in flight when it was */
};

#define REPORT_MAX 1024

/* One line, with its end. */
void report_write(const struct report *r, char out[REPORT_MAX]);
/* On standard error, in the termination message file, and to statsd when there is one. What cannot be written is not
 * worth failing for, and is said. */
void report_send(const struct report *r, const struct settings *s);

#endif
