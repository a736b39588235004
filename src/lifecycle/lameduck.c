// SPDX-License-Identifier: Apache-2.0
#include "instance.h"

#include "instant.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static size_t instance_size(unsigned listeners)
{
	size_t size = sizeof(struct lameduck) + listeners * sizeof(struct slot);
	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static struct lameduck *instance_new(const struct lameduck_config *config)
{
	struct lameduck *l = aligned_alloc(CACHE_LINE, instance_size(config->listeners));
	if (!l)
		return NULL;
	/* No initializer reaches the slots behind it. */
	*l = (struct lameduck){.config = *config};
	for (unsigned i = 0; i < config->listeners; i++)
		l->slots[i] = (struct slot){0};
	return l;
}

struct lameduck *lameduck_create(const struct lameduck_config *config)
{
	struct lameduck_config c;
	lameduck_config_init(&c);
	if (config)
		c = *config;
	if (lameduck_config_resolve(&c, NULL) < 0) {
		errno = EINVAL;
		return NULL;
	}
	struct lameduck *l = instance_new(&c);
	if (!l)
		return NULL;
	l->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->fd == -1) {
		free(l);
		return NULL;
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	lameduck_machine_init(&l->machine, &c, lameduck_now_ns());
	atomic_init(&l->entered_ns[LAMEDUCK_STARTING], l->machine.since_ns);
	return l;
}

void lameduck_destroy(struct lameduck *l)
{
	if (!l)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	(void)close(l->fd);
	free(l);
}

int lameduck_fd(const struct lameduck *l)
{
	return l->fd;
}

/* `at_ns` may have passed: at once. timerfd_settime(2) is one system call and touches nothing else. */
static void timer_set(struct lameduck *l, int64_t at_ns)
{
	struct itimerspec when = {.it_value = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S}};
	if (at_ns == LAMEDUCK_NEVER)
		when = (struct itimerspec){0};
	(void)timerfd_settime(l->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void lameduck_wake(struct lameduck *l)
{
	atomic_store(&l->is_pending, true);
	timer_set(l, 1);
}

static void base_set(struct flow_base *base, const struct flow *now)
{
	for (int i = 0; i < LAMEDUCK_ENDS; i++)
		atomic_store(&base->ended[i], atomic_load(&now->ended[i]));
	atomic_store(&base->begun, atomic_load(&now->begun));
}

static struct lameduck_facts facts_gather(const struct lameduck *l)
{
	return (struct lameduck_facts){
		.now_ns = lameduck_now_ns(),
		.is_able = atomic_load(&l->is_able),
		.terms = atomic_load(&l->terms),
		.has_prestop = atomic_load(&l->has_prestop),
		.ending_ns = atomic_load(&l->ending_ns),
		.left = l->machine.state == LAMEDUCK_DRAINING ? lameduck_count_left(l) : 1,
		.arrivals = atomic_load(&l->requests.begun),
		.arrived_ns = atomic_load(&l->arrived_ns),
	};
}

static void change_publish(struct lameduck *l, enum lameduck_state from)
{
	struct lameduck_machine *m = &l->machine;
	if (from <= LAMEDUCK_READY && m->state > LAMEDUCK_READY) {
		base_set(&l->connections_base, &l->connections);
		base_set(&l->requests_base, &l->requests);
	}
	if (m->state > LAMEDUCK_READY)
		atomic_store(&l->end_ns, lameduck_machine_end_ns(m));
	atomic_store(&l->why, m->why);
	atomic_store(&l->entered_ns[m->state], m->since_ns);
	atomic_store(&l->state, m->state);
	struct lameduck_change change = {
		.from = from,
		.to = m->state,
		.why = m->why,
		.lasted_ns = m->lasted_ns,
		.connections = lameduck_open(&l->connections),
		.requests = lameduck_open(&l->requests),
	};
	if (l->config.on_change)
		l->config.on_change(l, &change, l->config.data);
}

enum lameduck_state lameduck_dispatch(struct lameduck *l)
{
	uint64_t ticks;
	struct lameduck_machine *m = &l->machine;
	(void)!read(l->fd, &ticks, sizeof ticks); /* nothing to read is fine */
	/* A wake-up that comes between the last look and setting the timer would be lost with the timer's old time. */
	do {
		atomic_store(&l->is_pending, false);
		for (;;) {
			struct lameduck_facts facts = facts_gather(l);
			enum lameduck_state from = m->state;
			if (!lameduck_machine_advance(m, &facts))
				break;
			change_publish(l, from);
		}
		int64_t next_ns = lameduck_machine_next_ns(m), look_ns = lameduck_listeners_advance(l);
		timer_set(l, look_ns < next_ns ? look_ns : next_ns);
	} while (atomic_load(&l->is_pending));
	return m->state;
}

void lameduck_ready(struct lameduck *l)
{
	atomic_store(&l->is_able, true);
	lameduck_wake(l);
}

/* True for the first that begins the end. */
static bool ending_begin(struct lameduck *l)
{
	long long not_yet = 0;
	return atomic_compare_exchange_strong(&l->ending_ns, &not_yet, lameduck_now_ns());
}

void lameduck_term(struct lameduck *l)
{
	int saved = errno;
	(void)ending_begin(l);
	if (atomic_load(&l->terms) < 2)
		atomic_fetch_add(&l->terms, 1);
	lameduck_wake(l);
	errno = saved;
}

void lameduck_prestop(struct lameduck *l)
{
	int saved = errno;
	if (ending_begin(l)) {
		atomic_store(&l->has_prestop, true);
		lameduck_wake(l);
	}
	errno = saved;
}

enum lameduck_state lameduck_get_state(const struct lameduck *l)
{
	return (enum lameduck_state)atomic_load_explicit(&l->state, memory_order_acquire);
}

bool lameduck_is_ending(const struct lameduck *l)
{
	return atomic_load_explicit(&l->ending_ns, memory_order_acquire) != 0;
}

bool lameduck_may_accept(const struct lameduck *l)
{
	return lameduck_get_state(l) != LAMEDUCK_STOPPED;
}

bool lameduck_must_close(const struct lameduck *l)
{
	return lameduck_is_ending(l);
}

bool lameduck_is_started(const struct lameduck *l)
{
	return atomic_load(&l->entered_ns[LAMEDUCK_READY]) != 0;
}

bool lameduck_is_ready(const struct lameduck *l)
{
	if (!lameduck_is_started(l) || lameduck_get_state(l) == LAMEDUCK_STOPPED)
		return false;
	return !lameduck_is_ending(l) || l->config.keeps_readiness;
}

int64_t lameduck_left_ms(const struct lameduck *l)
{
	int64_t ending_ns = atomic_load(&l->ending_ns);
	if (ending_ns == 0)
		return -1;
	int64_t end_ns = atomic_load(&l->end_ns);
	if (end_ns == 0) /* not seen yet */
		end_ns = ending_ns +
			 (atomic_load(&l->has_prestop) ? l->machine.prestop_deadline_ns : l->machine.deadline_ns);
	int64_t left_ns = end_ns - lameduck_now_ns();
	return lameduck_get_state(l) == LAMEDUCK_STOPPED || left_ns < 0 ? 0 : left_ns / NS_PER_MS;
}

int64_t lameduck_since_term_ns(const struct lameduck *l)
{
	int64_t ending_ns = atomic_load(&l->ending_ns);
	return ending_ns == 0 ? -1 : lameduck_now_ns() - ending_ns;
}
