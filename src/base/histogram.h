/* histogram.h - durations counted in buckets whose width is at most 1/64 of their value (1.6 %), from 1 ns to 2 hours
 * (longer ones count as 2 hours; the true maximum is kept beside). 18 KiB each, no allocation, merge by adding. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_BUCKETS ((43 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	int64_t sum_ns;
	int64_t max_ns;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t ns); /* below 0 counts as 0 */
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value that `percent` (0..100] of all are at or below, rounded up to its bucket's end; 0 when empty. */
int64_t histogram_percentile(const struct histogram *h, double percent);
double histogram_mean(const struct histogram *h);

#endif
