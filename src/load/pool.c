// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include "base/clock.h"
#include "net/address.h"

#include <string.h>

#define LINGER_NS (1 * NS_PER_S)
#define LINGERING_MAX 256 /* beyond it the oldest is closed: no pile of descriptors */

/* One certificate for several names is not looked for: each name has connections of its own. */
static bool pool_is_same_host(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool pool_is_same(const struct load_target *a, const struct load_target *b)
{
	return address_equal(&a->address, &b->address) && !strcmp(a->device, b->device) &&
	       pool_is_same_host(a->tls_host, b->tls_host);
}

void pool_init(struct pool *p, const struct load_config *config)
{
	const struct load_target *targets = config->targets;
	*p = (struct pool){
		.target_count = config->target_count,
		.wanted = config->connections ? config->connections : 1,
		.limit = config->connections,
		.is_shared = config->protocol == LOAD_HTTP2,
	};
	list_init(&p->lingering);
	for (int i = 0; i < p->target_count; i++) {
		int same = 0;
		while (same < i && !pool_is_same(&targets[same], &targets[i]))
			same++;
		p->of_target[i] = same;
		list_init(&p->places[i].open);
		p->places[i].is_shared = p->is_shared;
	}
}

static struct pool_place *pool_place(struct pool *p, int target)
{
	return &p->places[p->of_target[target]];
}

static struct connection *pool_oldest_lingering(const struct pool *p)
{
	return list_is_empty(&p->lingering) ? NULL : list_entry(p->lingering.next, struct connection, place);
}

static void pool_remove(struct pool *p, struct connection *c)
{
	list_unlink(&c->place);
	p->lingering_count -= c->is_lingering;
	c->is_lingering = false;
}

static void pool_close_lingering(struct pool *p, struct connection *c)
{
	pool_remove(p, c);
	connection_close(c);
}

static void pool_linger(struct pool *p, struct connection *c)
{
	c->is_lingering = true;
	list_append(&p->lingering, &c->place);
	if (++p->lingering_count > LINGERING_MAX)
		pool_close_lingering(p, pool_oldest_lingering(p));
}

bool pool_is_shared(const struct pool *p, int target)
{
	return p->places[p->of_target[target]].is_shared;
}

void pool_keep(struct pool *p, struct connection *c)
{
	c->is_kept = true;
	pool_place(p, c->target)->kept++;
}

/* What is spoken on it is known when it stands, and whether it will be given any more at any time. */
static void pool_learn(struct pool *p, struct connection *c)
{
	struct pool_place *place = pool_place(p, c->target);
	if (c->is_kept && !connection_has_future(c)) {
		c->is_kept = false;
		place->kept--;
	}
	if (c->state == CONNECTION_BUSY) {
		place->is_shared = connection_is_shared(c);
		p->is_shared |= place->is_shared;
	}
}

void pool_offer(struct pool *p, struct connection *c)
{
	pool_learn(p, c);
	bool is_here = !list_is_empty(&c->place), has_room = connection_has_room(c);
	if (is_here && (c->is_lingering ? c->state == CONNECTION_LINGERING : has_room))
		return;
	pool_remove(p, c);
	if (c->state == CONNECTION_LINGERING)
		pool_linger(p, c);
	else if (has_room)
		list_append(&pool_place(p, c->target)->open, &c->place);
}

bool pool_has_open(const struct pool *p, int target)
{
	return !list_is_empty(&p->places[p->of_target[target]].open);
}

bool pool_has_place(const struct pool *p, int target)
{
	const struct pool_place *place = &p->places[p->of_target[target]];
	if (!place->is_shared || !p->limit || place->kept < p->limit)
		return true;
	list_each(node, next, &place->open)
	{
		if (connection_has_room(list_entry(node, struct connection, place)))
			return true;
	}
	return false;
}

static struct connection *pool_take_open(struct pool *p, struct pool_place *place, int64_t now_ns)
{
	while (!list_is_empty(&place->open)) {
		struct connection *c = list_entry(place->open.next, struct connection, place);
		bool is_usable = connection_is_usable(c, now_ns);
		pool_remove(p, c);
		if (is_usable)
			return c;
		pool_offer(p, c);
	}
	return NULL;
}

struct connection *pool_take(struct pool *p, int target, int64_t now_ns, bool *ret_is_full)
{
	struct pool_place *place = pool_place(p, target);
	*ret_is_full = false;
	if (place->is_shared && place->kept < p->wanted)
		return NULL;
	struct connection *c = pool_take_open(p, place, now_ns);
	*ret_is_full = !c && place->is_shared && p->limit && place->kept >= p->limit;
	return c;
}

void pool_forget(struct pool *p, struct connection *c)
{
	pool_learn(p, c);
	pool_remove(p, c);
}

static int64_t pool_expiry_ns(const struct connection *c)
{
	return c->idle_since_ns + LINGER_NS;
}

int64_t pool_next_expiry_ns(const struct pool *p)
{
	const struct connection *c = pool_oldest_lingering(p);
	return c ? pool_expiry_ns(c) : INT64_MAX;
}

void pool_expire(struct pool *p, int64_t now_ns)
{
	struct connection *c;
	while ((c = pool_oldest_lingering(p)) && pool_expiry_ns(c) <= now_ns)
		pool_close_lingering(p, c);
}

void pool_close_all(struct pool *p)
{
	pool_expire(p, INT64_MAX);
	for (int i = 0; i < p->target_count; i++) {
		list_each(node, next, &p->places[i].open)
		{
			list_unlink(node);
			connection_close(list_entry(node, struct connection, place));
		}
	}
}
