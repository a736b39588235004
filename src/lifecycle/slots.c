// SPDX-License-Identifier: Apache-2.0
#include "handshakes.h"
#include "instance.h"
#include "instant.h"
#include "retire.h"

#include <errno.h>

static struct slot *slot_find(struct lameduck *l, enum slot_phase phase, int fd)
{
	for (unsigned i = 0; i < l->config.listeners; i++) {
		struct slot *s = &l->slots[i];
		if (phase == SLOT_FREE ? s->phase == SLOT_FREE : s->phase != SLOT_FREE && s->listener.fd == fd)
			return s;
	}
	return NULL;
}

int lameduck_listener_begin(struct lameduck *l, int fd)
{
	uint16_t port;
	if (!l->config.on_listener)
		return -EINVAL;
	int rc = lameduck_handshakes_port(fd, &port);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&l->lock);
	struct slot *s = slot_find(l, SLOT_FREE, -1);
	if (s) {
		*s = (struct slot){.phase = SLOT_LISTENING, .port = port, .listener.fd = fd};
		atomic_fetch_add(&l->listening, 1);
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (s && lameduck_get_state(l) == LAMEDUCK_DRAINING)
		lameduck_wake(l);
	return s ? 0 : -ENOSPC;
}

void lameduck_listener_end(struct lameduck *l, int fd)
{
	(void)pthread_mutex_lock(&l->lock);
	struct slot *s = slot_find(l, SLOT_LISTENING, fd);
	if (s) {
		s->phase = SLOT_FREE;
		atomic_fetch_sub(&l->listening, 1);
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (s && atomic_load(&l->state) == LAMEDUCK_DRAINING && lameduck_count_left(l) == 0)
		lameduck_wake(l);
}

/* One walk of the kernel's table for all listeners on one port: those of SO_REUSEPORT have it in common. */
static int slot_count(struct lameduck *l, const struct slot *s, int64_t pass_ns)
{
	for (const struct slot *other = l->slots; other < s; other++)
		if (other->phase == SLOT_RETIRING && other->port == s->port && other->looked_ns == pass_ns)
			return other->count;
	return lameduck_handshakes_count(s->port);
}

/* True: no handshake can come to it any more. */
static bool slot_advance(struct lameduck *l, struct slot *s, int64_t pass_ns)
{
	if (s->phase == SLOT_LISTENING) {
		s->is_blind = lameduck_listener_retire(&s->listener, s->listener.fd) < 0;
		s->phase = SLOT_RETIRING;
	}
	if (s->phase != SLOT_RETIRING || lameduck_now_ns() < s->listener.next_ns)
		return false;
	int64_t start_ns = lameduck_now_ns();
	s->count = slot_count(l, s, pass_ns);
	s->looked_ns = pass_ns;
	s->is_blind |= s->count < 0;
	int64_t now_ns = lameduck_now_ns();
	return lameduck_listener_look(&s->listener, s->count, now_ns, now_ns - start_ns);
}

static int64_t slots_next(const struct lameduck *l)
{
	int64_t next_ns = LAMEDUCK_NEVER;
	for (unsigned i = 0; i < l->config.listeners; i++) {
		const struct slot *s = &l->slots[i];
		if (s->phase == SLOT_RETIRING && s->listener.next_ns < next_ns)
			next_ns = s->listener.next_ns;
	}
	return next_ns;
}

int64_t lameduck_listeners_advance(struct lameduck *l)
{
	int64_t pass_ns = lameduck_now_ns();
	if (l->machine.state != LAMEDUCK_DRAINING || atomic_load(&l->listening) == 0)
		return LAMEDUCK_NEVER;
	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->config.listeners; i++) {
		struct slot *s = &l->slots[i];
		if (!slot_advance(l, s, pass_ns))
			continue;
		int fd = s->listener.fd;
		s->phase = SLOT_TOLD;
		atomic_fetch_add(&l->blind, s->is_blind);
		/* It may end this listener, and begin or end others. */
		(void)pthread_mutex_unlock(&l->lock);
		l->config.on_listener(l, fd, l->config.data);
		(void)pthread_mutex_lock(&l->lock);
	}
	int64_t next_ns = slots_next(l);
	(void)pthread_mutex_unlock(&l->lock);
	return next_ns;
}
