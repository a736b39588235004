/* pool.h - connections that may be given a request, by the address they lead to, and those whose server said that it
 * closes, which wait for it to do so first (who closes first keeps the port in TIME_WAIT).
 *
 * Where a connection carries one request at a time, another is opened whenever none is idle: how many there are follows
 * from how many requests are in flight. Where it carries many, as many as asked for are kept, requests go to each in
 * turn, and unless that number is a limit another is opened when all are full.
 */
#ifndef LOAD_POOL_H
#define LOAD_POOL_H

#include "connection.h"

struct pool_place {
	struct list open; /* with room for a request, the one used longest ago first */
	bool is_shared;   /* the connections to it carry many requests at the same time */
	int64_t kept;     /* how many there are that more requests will be begun on, fresh ones left out */
};

struct pool {
	struct pool_place places[LOAD_TARGETS_MAX];
	int of_target[LOAD_TARGETS_MAX]; /* targets with one address (and TLS host) share a place */
	int target_count;
	int64_t wanted, limit; /* shared connections to each address; limit 0: none */
	bool is_shared;        /* any place is */
	struct list lingering; /* in order of time */
	int lingering_count;
};

void pool_init(struct pool *p, const struct load_config *config);
/* Do the connections to it carry many requests at the same time? False as long as nobody knows. */
bool pool_is_shared(const struct pool *p, int target);
/* A connection that was opened to be kept. */
void pool_keep(struct pool *p, struct connection *c);
/* After anything that may have changed whether it has room: the pool has it, or has it no more, accordingly. */
void pool_offer(struct pool *p, struct connection *c);
/* Is there one with room, as far as we know? */
bool pool_has_open(const struct pool *p, int target);
/* Could a request be begun now, on a connection that is there or on a new one? */
bool pool_has_place(const struct pool *p, int target);
/* The one used longest ago that is still open, taken out; those found closed are told to their owner. NULL: a new one
 * is to be opened, unless `ret_is_full`: then there are as many as there may be. */
struct connection *pool_take(struct pool *p, int target, int64_t now_ns, bool *ret_is_full);
/* The peer has closed it. */
void pool_forget(struct pool *p, struct connection *c);
int64_t pool_next_expiry_ns(const struct pool *p); /* INT64_MAX: none */
void pool_expire(struct pool *p, int64_t now_ns);
void pool_close_all(struct pool *p);

#endif
