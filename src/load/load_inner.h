/* load_inner.h - what the parts of load.h share: load.c (life, turns, what ends), load_start.c (what begins). */
#ifndef LOAD_LOAD_INNER_H
#define LOAD_LOAD_INNER_H

#include "load.h"

#include "agenda.h"
#include "alarm.h"
#include "connection.h"
#include "pauses.h"
#include "pool.h"
#include "timeouts.h"

struct load {
	struct load_config config;
	struct load_sink sink;
	struct load_totals totals;
	struct messages *messages;
	struct content *content;
	struct connection_owner owner;
	struct alarm alarm;
	struct agenda agenda;
	struct poller poller;
	struct pool pool;
	struct list begun;    /* connections to be sent on, once all that are due have been begun */
	struct list unplaced; /* exchanges that have lost their connection before they were sent */
	int64_t streams;
	struct connections store;
	struct exchanges exchanges;
	struct timeouts timeouts;
	struct pauses pauses;
	uint64_t in_flight;
	int starts;           /* in this turn */
	uint64_t connections; /* numbers given out */
	int64_t turned_ns;    /* when the last turn was over */
	int64_t wake_ns;      /* and the next was to begin at the latest */

	bool stopping, aborting, is_starting, finished;
	bool closed, destroyed; /* by the loop, by the caller: it goes with the second */
};

/* It has ended: told, counted, and its memory used again. */
void load_conclude(struct load *l, struct exchange *x);

/* Counts what has come due by now. */
void load_advance(struct load *l, int64_t now);
bool load_has_room(const struct load *l, int64_t now);
/* The next that is due, when there is room for it; false: there was not, or none is. */
bool load_begin_next(struct load *l);
/* All that a turn may begin, and what was begun in it is sent. */
void load_start_due(struct load *l);

#endif
