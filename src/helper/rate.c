// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#include "base/clock.h"

void rate_init(struct rate *r)
{
	*r = (struct rate){0};
}

void rate_look(struct rate *r, uint64_t total, int64_t now_ns)
{
	if (r->count && total < r->last.total)
		rate_init(r);
	r->last = (struct rate_look){now_ns, total};
	if (r->count && now_ns - r->looks[r->newest].at_ns < RATE_STEP_NS)
		return;
	r->newest = (r->newest + 1) % (RATE_STEPS + 1);
	r->looks[r->newest] = r->last;
	if (r->count <= RATE_STEPS)
		r->count++;
}

/* The oldest is 0. */
static const struct rate_look *rate_look_at(const struct rate *r, unsigned i)
{
	return &r->looks[(r->newest + RATE_STEPS + 2 - r->count + i) % (RATE_STEPS + 1)];
}

static double rate_between(const struct rate_look *from, const struct rate_look *to)
{
	int64_t span = to->at_ns - from->at_ns;
	return span > 0 ? (double)(to->total - from->total) * (double)NS_PER_S / (double)span : 0;
}

double rate_per_s(const struct rate *r)
{
	return r->count ? rate_between(rate_look_at(r, 0), &r->last) : 0;
}

double rate_steady_per_s(const struct rate *r)
{
	double steps[RATE_STEPS];
	unsigned count = 0;
	for (unsigned i = 1; i < r->count; i++) {
		double step = rate_between(rate_look_at(r, i - 1), rate_look_at(r, i));
		unsigned at = count++;
		for (; at > 0 && steps[at - 1] > step; at--)
			steps[at] = steps[at - 1];
		steps[at] = step;
	}
	return count ? steps[(count - 1) / 2] : rate_per_s(r);
}
