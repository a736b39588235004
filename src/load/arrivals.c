// SPDX-License-Identifier: Apache-2.0
#include "arrivals.h"

#include "base/clock.h"
#include "schedule.h"

#include <math.h>

/* Evenly in (0, 1]. */
static double arrivals_draw(struct arrivals *a)
{
	return (double)((random_next(&a->random) >> 11) + 1) * 0x1p-53;
}

/* All of them are drawn, also those of other shares: every share has to know the same instants. */
static void arrivals_pass(struct arrivals *a, uint64_t count)
{
	for (uint64_t i = 0; a->is_poisson && i < count; i++)
		a->at_ns -= log(arrivals_draw(a)) * (double)NS_PER_S / a->rate;
}

void arrivals_init(struct arrivals *a, double rate, bool is_poisson, uint64_t seed, uint64_t share, uint64_t shares)
{
	*a = (struct arrivals){
		.rate = rate,
		.is_poisson = is_poisson,
		.number = share,
		.shares = shares,
		.random = {seed},
	};
	arrivals_pass(a, share + 1);
}

int64_t arrivals_due_ns(const struct arrivals *a)
{
	return a->is_poisson ? schedule_round_ns(a->at_ns) : schedule_due_ns(a->rate, a->number);
}

void arrivals_next(struct arrivals *a)
{
	a->number += a->shares;
	arrivals_pass(a, a->shares);
}
