/* timeouts.h - when the exchanges in flight have waited long enough: for their answer, and for a connection. Lists in
 * order of time, as each has one and the same delay. */
#ifndef LOAD_TIMEOUTS_H
#define LOAD_TIMEOUTS_H

#include "exchange.h"

struct timeouts {
	int64_t total_ns, connect_ns;
	int64_t held_ns;        /* for so long, all in all, nobody looked */
	struct list all;        /* everything in flight */
	struct list connecting; /* what has no connection yet */
};

void timeouts_init(struct timeouts *t, int64_t total_ns, int64_t connect_ns);
/* Counted from its start. */
void timeouts_add(struct timeouts *t, struct exchange *x);
/* It waits for a connection, too, counted from its start as well; until it has one. */
void timeouts_connecting(struct timeouts *t, struct exchange *x);
void timeouts_connected(struct exchange *x);
void timeouts_remove(struct exchange *x);
/* Nobody has looked at what is in flight for so long, and nobody else is to blame for that: it may take as much longer.
 */
void timeouts_extend(struct timeouts *t, int64_t by_ns);

struct exchange *timeouts_oldest(const struct timeouts *t); /* NULL: nothing is in flight */
/* One whose time is up, NULL when there is none; it stays until it is removed. */
struct exchange *timeouts_expired(const struct timeouts *t, int64_t now_ns);
int64_t timeouts_next_ns(const struct timeouts *t); /* INT64_MAX: none */

#endif
