/* machine.h - the states of lameduck.h, pure: no clock, no descriptor, no atomics. Facts go in, the state comes out,
 * and the instant at which time alone will change it.
 *
 * A stage whose time is 0 is passed over. Starting is left without a lame duck: no data plane was told to send yet.
 * Every time counts from the TERM that began it all, so that a loop that was late does not move the deadline.
 */
#ifndef LIFECYCLE_MACHINE_H
#define LIFECYCLE_MACHINE_H

#include <lameduck.h>

#include "rate.h"

#define LAMEDUCK_NEVER INT64_MAX

struct lameduck_machine {
	int64_t lame_ns, quiet_ns, drain_ns;
	int64_t deadline_ns;         /* from TERM; what preStop took has gone from it */
	int64_t prestop_deadline_ns; /* from preStop, where that is what begins it */

	enum lameduck_state state;
	enum lameduck_why why;
	int64_t since_ns;     /* when the state was entered */
	int64_t lasted_ns;    /* how long the state before it lasted */
	int64_t ending_ns;    /* when TERM or preStop came */
	int64_t end_ns;       /* the deadline */
	int64_t quiet_for_ns; /* how long it must be quiet for the lame duck to end early */
	int64_t quiet_at_ns;  /* when it will have been, as far as is known */
	struct lameduck_rate rate;
};

struct lameduck_facts {
	int64_t now_ns;
	bool is_able; /* lameduck_ready was called */
	int terms;    /* 0, 1, 2 */
	bool has_prestop;
	int64_t ending_ns;  /* when the first of these came */
	uint64_t left;      /* connections, requests, listeners */
	uint64_t arrivals;  /* requests since creation */
	int64_t arrived_ns; /* the last of them, while lame */
};

/* `config` is resolved. */
void lameduck_machine_init(struct lameduck_machine *m, const struct lameduck_config *config, int64_t now_ns);
/* At most one step; true: the state changed, act on it and call again. */
bool lameduck_machine_advance(struct lameduck_machine *m, const struct lameduck_facts *f);
/* The instant at which time alone changes something; LAMEDUCK_NEVER if it does not. */
int64_t lameduck_machine_next_ns(const struct lameduck_machine *m);
/* The instant at which whatever is still open will be cut; LAMEDUCK_NEVER before TERM. */
int64_t lameduck_machine_end_ns(const struct lameduck_machine *m);

#endif
