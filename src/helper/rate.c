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

double rate_per_s(const struct rate *r)
{
	if (!r->count)
		return 0;
	const struct rate_look *first = &r->looks[(r->newest + RATE_STEPS + 2 - r->count) % (RATE_STEPS + 1)];
	int64_t span = r->last.at_ns - first->at_ns;
	return span > 0 ? (double)(r->last.total - first->total) * (double)NS_PER_S / (double)span : 0;
}
