// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#define NS_PER_MS INT64_C(1000000)

void lameduck_machine_init(struct lameduck_machine *m, const struct lameduck_config *config, int64_t now_ns)
{
	int64_t whole_ns = (config->grace_ms - config->margin_ms) * NS_PER_MS;
	*m = (struct lameduck_machine){
		.lame_ns = config->lame_duck_ms * NS_PER_MS,
		.quiet_ns = config->quiet_ms * NS_PER_MS,
		.drain_ns = config->drain_ms * NS_PER_MS,
		.deadline_ns = whole_ns - config->prestop_ms * NS_PER_MS,
		.prestop_deadline_ns = whole_ns,
		.since_ns = now_ns,
		.ending_ns = LAMEDUCK_NEVER,
		.end_ns = LAMEDUCK_NEVER,
		.quiet_for_ns = LAMEDUCK_NEVER,
		.quiet_at_ns = LAMEDUCK_NEVER,
	};
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t lame_until(const struct lameduck_machine *m)
{
	return earlier(m->ending_ns + m->lame_ns, m->end_ns);
}

static int64_t drain_until(const struct lameduck_machine *m)
{
	return earlier(m->since_ns + m->drain_ns, m->end_ns);
}

/* The next look at the rate; only who wants to end early pays for it. */
static int64_t look_at(const struct lameduck_machine *m)
{
	unsigned last = (m->rate.next + LAMEDUCK_RATE_LOOKS - 1) % LAMEDUCK_RATE_LOOKS;
	return m->rate.known ? m->rate.looks[last].at_ns + LAMEDUCK_RATE_LOOK_NS : m->since_ns;
}

int64_t lameduck_machine_next_ns(const struct lameduck_machine *m)
{
	switch (m->state) {
	case LAMEDUCK_READY:
		return m->quiet_ns > 0 ? look_at(m) : LAMEDUCK_NEVER;
	case LAMEDUCK_LAME:
		return earlier(lame_until(m), m->quiet_at_ns);
	case LAMEDUCK_DRAINING:
		return drain_until(m);
	case LAMEDUCK_STARTING:
	case LAMEDUCK_STOPPED:
		break;
	}
	return LAMEDUCK_NEVER;
}

int64_t lameduck_machine_end_ns(const struct lameduck_machine *m)
{
	switch (m->state) {
	case LAMEDUCK_LAME:
		return earlier(lame_until(m) + m->drain_ns, m->end_ns);
	case LAMEDUCK_DRAINING:
		return drain_until(m);
	case LAMEDUCK_STARTING:
	case LAMEDUCK_READY:
	case LAMEDUCK_STOPPED:
		break;
	}
	return m->end_ns;
}

static bool machine_enter(struct lameduck_machine *m, enum lameduck_state state, enum lameduck_why why, int64_t now_ns)
{
	m->lasted_ns = now_ns - m->since_ns;
	m->since_ns = now_ns;
	m->state = state;
	m->why = why;
	return true;
}

/* The drain, or the end where there is none. */
static bool machine_drain(struct lameduck_machine *m, enum lameduck_why why, int64_t now_ns)
{
	return machine_enter(m, m->drain_ns > 0 ? LAMEDUCK_DRAINING : LAMEDUCK_STOPPED, why, now_ns);
}

static int64_t quiet_at(const struct lameduck_machine *m, const struct lameduck_facts *f)
{
	int64_t from_ns = f->arrived_ns > m->ending_ns ? f->arrived_ns : m->ending_ns;
	return m->quiet_for_ns > LAMEDUCK_NEVER - from_ns ? LAMEDUCK_NEVER : from_ns + m->quiet_for_ns;
}

static bool machine_end(struct lameduck_machine *m, const struct lameduck_facts *f)
{
	enum lameduck_why why = f->terms ? LAMEDUCK_WHY_TERM : LAMEDUCK_WHY_PRESTOP;
	m->ending_ns = f->ending_ns;
	m->end_ns = f->ending_ns + (f->has_prestop ? m->prestop_deadline_ns : m->deadline_ns);
	if (m->state == LAMEDUCK_STARTING || m->lame_ns == 0)
		return machine_drain(m, why, f->now_ns);
	if (m->quiet_ns > 0)
		m->quiet_for_ns = lameduck_rate_quiet_ns(&m->rate, f->now_ns, f->arrivals, m->lame_ns, m->quiet_ns);
	m->quiet_at_ns = quiet_at(m, f);
	return machine_enter(m, LAMEDUCK_LAME, why, f->now_ns);
}

static bool advance_ready(struct lameduck_machine *m, const struct lameduck_facts *f)
{
	if (f->terms || f->has_prestop)
		return machine_end(m, f);
	if (m->quiet_ns > 0 && f->now_ns >= look_at(m))
		lameduck_rate_look(&m->rate, f->now_ns, f->arrivals);
	return false;
}

static bool advance_lame(struct lameduck_machine *m, const struct lameduck_facts *f)
{
	if (f->terms > 1)
		return machine_enter(m, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM_AGAIN, f->now_ns);
	m->quiet_at_ns = quiet_at(m, f);
	if (f->now_ns >= lame_until(m))
		return machine_drain(m, LAMEDUCK_WHY_TIME, f->now_ns);
	if (f->now_ns >= m->quiet_at_ns)
		return machine_drain(m, LAMEDUCK_WHY_QUIET, f->now_ns);
	return false;
}

static bool advance_draining(struct lameduck_machine *m, const struct lameduck_facts *f)
{
	if (f->left == 0)
		return machine_enter(m, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DONE, f->now_ns);
	if (f->terms > 1)
		return machine_enter(m, LAMEDUCK_STOPPED, LAMEDUCK_WHY_TERM_AGAIN, f->now_ns);
	if (f->now_ns >= drain_until(m))
		return machine_enter(m, LAMEDUCK_STOPPED, LAMEDUCK_WHY_DEADLINE, f->now_ns);
	return false;
}

bool lameduck_machine_advance(struct lameduck_machine *m, const struct lameduck_facts *f)
{
	switch (m->state) {
	case LAMEDUCK_STARTING:
		if (f->terms || f->has_prestop)
			return machine_end(m, f);
		return f->is_able && machine_enter(m, LAMEDUCK_READY, LAMEDUCK_WHY_READY, f->now_ns);
	case LAMEDUCK_READY:
		return advance_ready(m, f);
	case LAMEDUCK_LAME:
		return advance_lame(m, f);
	case LAMEDUCK_DRAINING:
		return advance_draining(m, f);
	case LAMEDUCK_STOPPED:
		break;
	}
	return false;
}
