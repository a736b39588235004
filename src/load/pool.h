/* pool.h - connections that may be given a request, by the address they lead to, and those whose server said that it
 * closes, which wait for it to do so first (who closes first keeps the port in TIME_WAIT). */
#ifndef LOAD_POOL_H
#define LOAD_POOL_H

#include "connection.h"

struct pool {
	struct list open[LOAD_TARGETS_MAX]; /* with room for a request, idle longest first */
	int of_target[LOAD_TARGETS_MAX];    /* targets with one address (and TLS host) share a list */
	int target_count;
	struct list lingering; /* in order of time */
	int lingering_count;
};

void pool_init(struct pool *p, const struct load_target *targets, int target_count);
/* After anything that may have changed whether it has room: the pool has it, or has it no more, accordingly. */
void pool_offer(struct pool *p, struct connection *c);
/* The one idle longest that is still open, taken out; NULL when there is none. Those found closed are told to their
 * owner. */
struct connection *pool_take(struct pool *p, int target, int64_t now_ns);
/* The peer has closed it. */
void pool_forget(struct pool *p, struct connection *c, bool was_idle);
int64_t pool_next_expiry_ns(const struct pool *p); /* INT64_MAX: none */
void pool_expire(struct pool *p, int64_t now_ns);
void pool_close_all(struct pool *p);

#endif
