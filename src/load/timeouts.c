// SPDX-License-Identifier: Apache-2.0
#include "timeouts.h"

void timeouts_init(struct timeouts *t, int64_t total_ns, int64_t connect_ns)
{
	t->total_ns = total_ns;
	t->connect_ns = connect_ns;
	t->held_ns = 0;
	list_init(&t->all);
	list_init(&t->connecting);
}

void timeouts_add(struct timeouts *t, struct exchange *x)
{
	x->held_before_ns = t->held_ns;
	list_append(&t->all, &x->deadline);
}

/* One that has lost its connection before may be older than the last. */
void timeouts_connecting(struct timeouts *t, struct exchange *x)
{
	struct list *before = t->connecting.prev;
	while (before != &t->connecting &&
	       list_entry(before, struct exchange, connect_deadline)->outcome.started_ns > x->outcome.started_ns)
		before = before->prev;
	list_append(before->next, &x->connect_deadline);
}

void timeouts_connected(struct exchange *x)
{
	list_unlink(&x->connect_deadline);
}

void timeouts_remove(struct exchange *x)
{
	list_unlink(&x->deadline);
	list_unlink(&x->connect_deadline);
}

struct exchange *timeouts_oldest(const struct timeouts *t)
{
	return list_is_empty(&t->all) ? NULL : list_entry(t->all.next, struct exchange, deadline);
}

static struct exchange *timeouts_oldest_connecting(const struct timeouts *t)
{
	return list_is_empty(&t->connecting) ? NULL : list_entry(t->connecting.next, struct exchange, connect_deadline);
}

/* The order of the lists holds: what was held up longer started earlier. */
static int64_t timeouts_due_ns(const struct timeouts *t, const struct exchange *x, int64_t after_ns)
{
	return x ? x->outcome.started_ns + after_ns + t->held_ns - x->held_before_ns : INT64_MAX;
}

struct exchange *timeouts_expired(const struct timeouts *t, int64_t now_ns)
{
	struct exchange *x = timeouts_oldest_connecting(t);
	if (timeouts_due_ns(t, x, t->connect_ns) <= now_ns)
		return x;
	x = timeouts_oldest(t);
	return timeouts_due_ns(t, x, t->total_ns) <= now_ns ? x : NULL;
}

int64_t timeouts_next_ns(const struct timeouts *t)
{
	int64_t next = timeouts_due_ns(t, timeouts_oldest(t), t->total_ns);
	int64_t connect = timeouts_due_ns(t, timeouts_oldest_connecting(t), t->connect_ns);
	return connect < next ? connect : next;
}

void timeouts_extend(struct timeouts *t, int64_t by_ns)
{
	t->held_ns += by_ns;
}
