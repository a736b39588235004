// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include "base/clock.h"

#include <math.h>

void evidence_begin(struct evidence *e, double per_s, int64_t now_ns)
{
	*e = (struct evidence){.per_s = per_s, .since_ns = now_ns};
}

void evidence_add(struct evidence *e, uint64_t arrivals, int64_t now_ns)
{
	if (!arrivals)
		return;
	e->newest = (e->newest + 1) % EVIDENCE_EVENTS;
	e->events[e->newest] = (struct evidence_event){now_ns, arrivals};
	if (e->count < EVIDENCE_EVENTS)
		e->count++;
}

int64_t evidence_last_ns(const struct evidence *e)
{
	return e->count ? e->events[e->newest].at_ns : 0;
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* The chance that may be taken with each window. */
static double evidence_risk(double per_s, const struct evidence_rule *rule)
{
	double windows = per_s * seconds(rule->horizon_ns);
	return windows > 1 ? rule->risk / windows : rule->risk;
}

int64_t evidence_needed_ns(double per_s, const struct evidence_rule *rule)
{
	if (!(per_s > 0))
		return INT64_MAX;
	double needed = -log(evidence_risk(per_s, rule)) / per_s * (double)NS_PER_S;
	if (needed >= (double)INT64_MAX)
		return INT64_MAX;
	return needed < (double)rule->min_quiet_ns ? rule->min_quiet_ns : (int64_t)needed;
}

/* P(N <= n) where N is Poisson with this mean. */
static double at_most(uint64_t n, double mean)
{
	double term = exp(-mean), sum = term;
	for (uint64_t i = 1; i <= n; i++) {
		term *= mean / (double)i;
		sum += term;
	}
	return sum;
}

/* Does a window that saw so many arrivals, strays among them perhaps, tell that the others have stopped? */
static bool window_is_quiet(const struct evidence *e, const struct evidence_rule *rule, double window_s,
			    uint64_t arrivals)
{
	if (window_s < seconds(rule->min_quiet_ns))
		return false;
	/* Without any arrival the whole rate is missing; else only what is more than the strays. */
	double per_s = arrivals ? e->per_s - rule->strays_per_s : e->per_s;
	if (per_s <= 0 || (double)arrivals > ceil(window_s * rule->strays_per_s))
		return false;
	return at_most(arrivals, per_s * window_s) <= evidence_risk(per_s, rule);
}

bool evidence_says_quiet(const struct evidence *e, const struct evidence_rule *rule, int64_t now_ns)
{
	uint64_t arrivals = 0;
	for (unsigned i = 0; i < e->count; i++) {
		const struct evidence_event *event = &e->events[(e->newest + EVIDENCE_EVENTS - i) % EVIDENCE_EVENTS];
		if (window_is_quiet(e, rule, seconds(now_ns - event->at_ns), arrivals))
			return true;
		arrivals += event->arrivals;
	}
	/* Before the oldest that is known there may have been more, unless it is the first of all. */
	return e->count < EVIDENCE_EVENTS && window_is_quiet(e, rule, seconds(now_ns - e->since_ns), arrivals);
}
