// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#define NS_PER_S 1000000000

/* One chance in 10,000: 2^13.3. */
#define SURE_BITS 14
/* Requests over the minute, or what there was of it, below which there is no evidence. */
#define FEWEST 10

void lameduck_rate_look(struct lameduck_rate *r, int64_t now_ns, uint64_t count)
{
	r->looks[r->next].at_ns = now_ns;
	r->looks[r->next].count = count;
	r->next = (r->next + 1) % LAMEDUCK_RATE_LOOKS;
	r->known += r->known < LAMEDUCK_RATE_LOOKS;
}

/* The logarithm to base 2, rounded up: the library does without libm, and a longer wait is the safe side. */
static int log2_up(uint64_t n)
{
	int bits = 0;
	while (bits < 63 && (UINT64_C(1) << bits) < n)
		bits++;
	return bits;
}

int64_t lameduck_rate_quiet_ns(const struct lameduck_rate *r, int64_t now_ns, uint64_t count, int64_t within_ns,
			       int64_t least_ns)
{
	if (r->known == 0)
		return INT64_MAX;
	unsigned first = r->known < LAMEDUCK_RATE_LOOKS ? 0 : r->next;
	int64_t span_ns = now_ns - r->looks[first].at_ns;
	uint64_t came = count - r->looks[first].count;
	if (came < FEWEST || came > INT64_MAX / NS_PER_S || came * (2 * (uint64_t)NS_PER_S) < (uint64_t)span_ns)
		return INT64_MAX;
	double between_ns = (double)span_ns / (double)came;
	double chances = (double)within_ns / (between_ns > 0 ? between_ns : 1);
	double quiet_ns = (double)(log2_up((uint64_t)chances + 1) + SURE_BITS) * 0.6931472 * between_ns;
	return quiet_ns > (double)least_ns ? (int64_t)quiet_ns : least_ns;
}
