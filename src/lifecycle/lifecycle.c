// SPDX-License-Identifier: Apache-2.0
#include "lifecycle.h"

void lifecycle_init(struct lifecycle *l, const struct lifecycle_config *config, int64_t now_ns)
{
	*l = (struct lifecycle){.config = *config, .state = LIFECYCLE_STARTING, .since_ns = now_ns};
}

void lifecycle_term(struct lifecycle *l)
{
	if (l->terms < 2)
		l->terms++;
}

int64_t lifecycle_next_ns(const struct lifecycle *l)
{
	switch (l->state) {
	case LIFECYCLE_STARTING:
		return l->since_ns + l->config.startup_ns;
	case LIFECYCLE_LAME_DUCK:
		return l->since_ns + l->config.lame_duck_ns;
	case LIFECYCLE_DRAINING:
		return l->since_ns + l->config.drain_timeout_ns;
	case LIFECYCLE_READY:
	case LIFECYCLE_STOPPED:
		break;
	}
	return LIFECYCLE_NEVER;
}

static enum lifecycle_state state_or_stop(const struct lifecycle *l)
{
	return l->config.drain_timeout_ns > 0 ? LIFECYCLE_DRAINING : LIFECYCLE_STOPPED;
}

static enum lifecycle_state state_next(const struct lifecycle *l, int64_t now_ns, uint64_t left)
{
	bool is_due = now_ns >= lifecycle_next_ns(l);
	switch (l->state) {
	case LIFECYCLE_STARTING:
		return l->terms ? state_or_stop(l) : is_due ? LIFECYCLE_READY : l->state;
	case LIFECYCLE_READY:
		return !l->terms ? l->state : l->config.lame_duck_ns > 0 ? LIFECYCLE_LAME_DUCK : state_or_stop(l);
	case LIFECYCLE_LAME_DUCK:
		return l->terms > 1 ? LIFECYCLE_STOPPED : is_due ? state_or_stop(l) : l->state;
	case LIFECYCLE_DRAINING:
		return l->terms > 1 || is_due || left == 0 ? LIFECYCLE_STOPPED : l->state;
	case LIFECYCLE_STOPPED:
		break;
	}
	return LIFECYCLE_STOPPED;
}

bool lifecycle_advance(struct lifecycle *l, int64_t now_ns, uint64_t left)
{
	enum lifecycle_state next = state_next(l, now_ns, left);
	if (next == l->state)
		return false;
	l->before_ns = now_ns - l->since_ns;
	l->since_ns = now_ns;
	l->state = next;
	return true;
}

bool lifecycle_is_started(const struct lifecycle *l)
{
	return l->state != LIFECYCLE_STARTING;
}

bool lifecycle_is_ready(const struct lifecycle *l)
{
	return l->state == LIFECYCLE_READY || (lifecycle_is_ending(l) && l->config.stays_ready);
}

bool lifecycle_is_ending(const struct lifecycle *l)
{
	return l->state > LIFECYCLE_READY;
}

bool lifecycle_is_forced(const struct lifecycle *l)
{
	return l->terms > 1;
}

const char *lifecycle_state_name(enum lifecycle_state state)
{
	static const char *const names[] = {"starting", "ready", "lame-duck", "draining", "stopped"};
	return names[state];
}
