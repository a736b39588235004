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

void pool_init(struct pool *p, const struct load_target *targets, int target_count)
{
	*p = (struct pool){.target_count = target_count};
	list_init(&p->lingering);
	for (int i = 0; i < target_count; i++) {
		int same = 0;
		while (same < i && !pool_is_same(&targets[same], &targets[i]))
			same++;
		p->of_target[i] = same;
		list_init(&p->open[i]);
	}
}

static struct connection *pool_oldest_lingering(const struct pool *p)
{
	return list_is_empty(&p->lingering) ? NULL : list_entry(p->lingering.next, struct connection, place);
}

static void pool_close_lingering(struct pool *p, struct connection *c)
{
	list_unlink(&c->place);
	p->lingering_count--;
	connection_close(c);
}

static void pool_linger(struct pool *p, struct connection *c)
{
	list_append(&p->lingering, &c->place);
	if (++p->lingering_count > LINGERING_MAX)
		pool_close_lingering(p, pool_oldest_lingering(p));
}

void pool_offer(struct pool *p, struct connection *c)
{
	bool is_here = !list_is_empty(&c->place);
	if (c->state == CONNECTION_LINGERING && !is_here)
		pool_linger(p, c);
	else if (connection_has_room(c) && !is_here)
		list_append(&p->open[p->of_target[c->target]], &c->place);
	else if (!connection_has_room(c) && c->state != CONNECTION_LINGERING)
		list_unlink(&c->place);
}

struct connection *pool_take(struct pool *p, int target, int64_t now_ns)
{
	struct list *open = &p->open[p->of_target[target]];
	while (!list_is_empty(open)) {
		struct connection *c = list_entry(open->next, struct connection, place);
		bool is_usable = connection_is_usable(c, now_ns); /* if not, its owner has had it forgotten */
		list_unlink(&c->place);
		if (is_usable)
			return c;
	}
	return NULL;
}

void pool_forget(struct pool *p, struct connection *c, bool was_idle)
{
	list_unlink(&c->place);
	if (!was_idle)
		p->lingering_count--;
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
		list_each(node, next, &p->open[i])
		{
			list_unlink(node);
			connection_close(list_entry(node, struct connection, place));
		}
	}
}
