/* agenda.h - how many requests are due and how many have been started: open loop by the clock, closed loop as there is
 * room. No clock of its own: it is told what time it is. All of it is of one share of the whole load.
 *
 *	due - started = those that wait, and are late
 */
#ifndef LOAD_AGENDA_H
#define LOAD_AGENDA_H

#include "arrivals.h"
#include "load.h"

#define AGENDA_NEVER INT64_MAX

struct agenda {
	bool is_open;
	uint64_t total; /* how many there will be, at most */
	uint64_t due;
	uint64_t started;
	uint64_t crowded;         /* up to here they are known to have waited for room */
	struct arrivals coming;   /* the next that will be due */
	struct arrivals starting; /* the next to be started */
	int64_t duration_ns, timeout_ns;
	int64_t start_ns, end_ns; /* no request is due at or after the end */
};

void agenda_init(struct agenda *a, const struct load_config *config);
void agenda_start(struct agenda *a, int64_t now_ns);

/* What has come due by now. */
void agenda_advance(struct agenda *a, int64_t now_ns, bool has_room);
static inline bool agenda_is_waiting(const struct agenda *a)
{
	return a->started < a->due;
}
/* The number of the next to be started, in the whole load, from 0. */
static inline uint64_t agenda_number(const struct agenda *a)
{
	return a->starting.number;
}
/* How late the next to be started is already; 0 when none waits. Open loop. */
int64_t agenda_late_ns(const struct agenda *a, int64_t now_ns);
/* There is no room for those that wait: how many of them were not known yet. */
uint64_t agenda_crowd(struct agenda *a);
/* It is being started; returns when it was due (a closed loop's requests are due when they start). */
int64_t agenda_take(struct agenda *a, int64_t now_ns);

/* When to look again, AGENDA_NEVER when only an answer or a pause can change something. */
int64_t agenda_next_ns(const struct agenda *a, int64_t now_ns, bool has_room);
/* One timeout after the end what still waits is given up: with a cap on connections a dead server leaves a queue that
 * no time would ever empty. */
int64_t agenda_give_up_ns(const struct agenda *a);
/* Everything that will ever be due has been started. */
bool agenda_is_over(const struct agenda *a, int64_t now_ns);

#endif
