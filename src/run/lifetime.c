// SPDX-License-Identifier: Apache-2.0
#include "lifetime.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define GRACE_SLACK_NS (500 * NS_PER_MS) /* a hook that ends this close to the end of grace was ended by it */

static void first(int64_t *instant, int64_t at_ns)
{
	if (at_ns < *instant)
		*instant = at_ns;
}

/* The detail is the container's name, then perhaps ": " and the last that it wrote. */
static bool is_of_container(const struct event *e, const char *container)
{
	size_t length = strlen(container);
	return !strncmp(e->detail, container, length) && (!e->detail[length] || e->detail[length] == ':');
}

static void lifetime_container(struct lifetime *l, const struct timeline *t, const struct event *e)
{
	bool serves = !t->facts.container[0] || !e->detail[0] || is_of_container(e, t->facts.container);
	if (serves && e->at_ns >= l->deleted_ns) /* an exit before is a crash or a restart, not its end */
		first(&l->exited_ns, e->at_ns);
}

static void lifetime_deleted(struct lifetime *l, const struct timeline *t, const struct event *e)
{
	first(&l->deleted_ns, e->at_ns);
	l->grace_ns = e->value > 0 ? e->value : t->facts.grace_ns;
}

static void lifetime_event(struct lifetime *l, const struct timeline *t, const struct event *e)
{
	switch (e->kind) {
	case EVENT_POD_CREATED:
		first(&l->created_ns, e->at_ns);
		break;
	case EVENT_POD_STARTED:
		first(&l->started_ns, e->at_ns);
		break;
	case EVENT_POD_READY:
		first(&l->ready_ns, e->at_ns);
		break;
	case EVENT_POD_DELETED:
		lifetime_deleted(l, t, e);
		break;
	case EVENT_HOOK_STARTED:
		first(&l->hook_started_ns, e->at_ns);
		break;
	case EVENT_HOOK_ENDED:
		first(&l->hook_ended_ns, e->at_ns);
		break;
	case EVENT_HOOK_FAILED:
		first(&l->hook_failed_ns, e->at_ns);
		break;
	case EVENT_TERM_SENT:
		if (e->at_ns >= l->deleted_ns) /* a restart sends one too */
			first(&l->term_ns, e->at_ns);
		break;
	case EVENT_KILL_SENT:
		if (e->at_ns >= l->deleted_ns)
			first(&l->kill_ns, e->at_ns);
		break;
	case EVENT_CONTAINER_EXITED:
		lifetime_container(l, t, e);
		break;
	case EVENT_POD_GONE:
		first(&l->gone_ns, e->at_ns);
		break;
	case EVENT_PLANE_ADDED:
		if (e->plane != EVENT_NONE) {
			first(&l->plane_added_ns[e->plane], e->at_ns);
			l->plane_removed_ns[e->plane] = TIME_NEVER;
		}
		break;
	case EVENT_PLANE_REMOVED:
		if (e->plane != EVENT_NONE)
			l->plane_removed_ns[e->plane] = e->at_ns;
		break;
	default:
		break;
	}
}

/* A real cluster shows neither hook nor TERM: then the settings tell what happened when. */
static void lifetime_told(struct lifetime *l, const struct timeline *t)
{
	l->ended_ns = l->exited_ns < l->gone_ns ? l->exited_ns : l->gone_ns;
	l->told_ns = l->term_ns < l->kill_ns ? l->term_ns : l->kill_ns;
	if (l->told_ns == TIME_NEVER && l->deleted_ns != TIME_NEVER && l->hook_started_ns == TIME_NEVER)
		l->told_ns = l->deleted_ns + t->facts.pre_stop_sleep_ns;
	if (l->ended_ns < l->told_ns)
		l->told_ns = l->hook_started_ns < l->ended_ns ? l->hook_started_ns : l->ended_ns;
}

/* "preStop: nginx -s quit": the hook stops the server, TERM comes later. Refused connections during the hook show it.
 */
static void lifetimes_hooks_that_stop(struct lifetimes *l, const struct timeline *t)
{
	for (size_t i = 0; i < t->failure_count; i++) {
		const struct failure *f = &t->failures[i];
		if (f->pod == EVENT_NONE || f->outcome.kind != OUTCOME_CONNECT_REFUSED)
			continue;
		struct lifetime *p = &l->pods[f->pod];
		if (f->outcome.started_ns >= p->hook_started_ns && f->outcome.started_ns < p->told_ns)
			p->told_ns = p->hook_started_ns;
	}
}

static const struct lifetime never = {
	.created_ns = TIME_NEVER,
	.started_ns = TIME_NEVER,
	.ready_ns = TIME_NEVER,
	.deleted_ns = TIME_NEVER,
	.hook_started_ns = TIME_NEVER,
	.hook_ended_ns = TIME_NEVER,
	.hook_failed_ns = TIME_NEVER,
	.term_ns = TIME_NEVER,
	.kill_ns = TIME_NEVER,
	.exited_ns = TIME_NEVER,
	.gone_ns = TIME_NEVER,
	.told_ns = TIME_NEVER,
	.ended_ns = TIME_NEVER,
};

void lifetimes_init(struct lifetimes *l, const struct timeline *t)
{
	size_t pods = (size_t)t->pod_count, planes = (size_t)t->plane_count;
	l->pods = memory_new(pods + 1, sizeof *l->pods);
	l->planes = memory_new(pods * planes * 2 + 1, sizeof *l->planes);
	for (size_t i = 0; i < pods * planes * 2; i++)
		l->planes[i] = TIME_NEVER;
	for (size_t i = 0; i < pods; i++) {
		l->pods[i] = never;
		l->pods[i].plane_added_ns = l->planes + i * planes * 2;
		l->pods[i].plane_removed_ns = l->pods[i].plane_added_ns + planes;
	}
	for (size_t i = 0; i < t->event_count; i++)
		if (t->events[i].pod != EVENT_NONE)
			lifetime_event(&l->pods[t->events[i].pod], t, &t->events[i]);
	for (size_t i = 0; i < pods; i++)
		lifetime_told(&l->pods[i], t);
	lifetimes_hooks_that_stop(l, t);
}

void lifetimes_finish(struct lifetimes *l)
{
	free(l->pods);
	free(l->planes);
	*l = (struct lifetimes){0};
}

static int64_t grace_end_ns(const struct lifetime *l)
{
	return l->deleted_ns == TIME_NEVER || l->grace_ns <= 0 ? TIME_NEVER
							       : l->deleted_ns + l->grace_ns - GRACE_SLACK_NS;
}

bool lifetime_hook_took_grace(const struct lifetime *l)
{
	int64_t end = grace_end_ns(l);
	int64_t stopped = l->term_ns < l->kill_ns ? l->term_ns : l->kill_ns;
	return end != TIME_NEVER && l->hook_started_ns != TIME_NEVER && stopped != TIME_NEVER && stopped >= end &&
	       l->hook_ended_ns >= end && l->hook_failed_ns >= end;
}

bool lifetime_hook_failed(const struct lifetime *l)
{
	return l->hook_failed_ns != TIME_NEVER && l->hook_failed_ns < grace_end_ns(l);
}

int64_t lifetime_removed_ns(const struct lifetime *l, const struct timeline *t, int plane)
{
	if (plane != EVENT_NONE)
		return l->plane_removed_ns[plane];
	int64_t last = TIME_EVER;
	for (int i = 0; i < t->plane_count; i++)
		if (l->plane_added_ns[i] != TIME_NEVER || l->plane_removed_ns[i] != TIME_NEVER)
			last = l->plane_removed_ns[i] > last ? l->plane_removed_ns[i] : last;
	return last == TIME_EVER ? TIME_NEVER : last;
}
