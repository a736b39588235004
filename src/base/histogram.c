// SPDX-License-Identifier: Apache-2.0
#include "histogram.h"

#include <math.h>

#define SUB (1 << HISTOGRAM_SUB_BITS)

/* Values below 2*SUB have buckets of width 1; above, each power of two is cut into SUB buckets. */
static unsigned histogram_index(uint64_t v)
{
	if (v < 2 * SUB)
		return (unsigned)v;
	unsigned power = 63 - (unsigned)__builtin_clzll(v);
	unsigned shift = power - HISTOGRAM_SUB_BITS;
	unsigned index = ((shift + 1) << HISTOGRAM_SUB_BITS) + (unsigned)((v >> shift) & (SUB - 1));
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

/* The largest value that falls into a bucket. */
static uint64_t histogram_end(unsigned index)
{
	if (index < 2 * SUB)
		return index;
	unsigned shift = (index >> HISTOGRAM_SUB_BITS) - 1;
	uint64_t sub = (index & (SUB - 1)) + SUB;
	return ((sub + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	h->count++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
	h->buckets[histogram_index((uint64_t)ns)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

int64_t histogram_percentile(const struct histogram *h, double percent)
{
	if (!h->count)
		return 0;
	uint64_t wanted = (uint64_t)ceil(percent / 100 * (double)h->count);
	uint64_t seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted && seen) {
			int64_t end = (int64_t)histogram_end(i);
			return end < h->max_ns ? end : h->max_ns;
		}
	}
	return h->max_ns;
}

double histogram_mean(const struct histogram *h)
{
	return h->count ? (double)h->sum_ns / (double)h->count : 0;
}
