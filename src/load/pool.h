/* pool.h - connections between requests: idle ones to be used again, by the address they lead to, and those whose
 * server said that it closes, which wait for it to do so first (who closes first keeps the port in TIME_WAIT). */
#ifndef LOAD_POOL_H
#define LOAD_POOL_H

#include "connection.h"

struct pool {
	struct list idle[LOAD_TARGETS_MAX]; /* idle longest first */
	int of_target[LOAD_TARGETS_MAX];    /* targets with one address share a list */
	int target_count;
	struct list lingering; /* in order of time */
	int lingering_count;
};

void pool_init(struct pool *p, const struct load_target *targets, int target_count);
/* A connection whose request has ended: takes it when it is IDLE or LINGERING. */
void pool_take_back(struct pool *p, struct connection *c);
/* The one idle longest that is still open; NULL when there is none. Those found closed are told to their owner. */
struct connection *pool_take_idle(struct pool *p, int target);
/* The peer has closed it. */
void pool_forget(struct pool *p, struct connection *c, bool was_idle);
int64_t pool_next_expiry_ns(const struct pool *p); /* INT64_MAX: none */
void pool_expire(struct pool *p, int64_t now_ns);
void pool_close_all(struct pool *p);

#endif
