/* random.h - repeatable random numbers (SplitMix64): the same seed gives the same rehearsal. Not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Evenly in [low, high]; low when the range is empty. */
static inline int64_t random_between(struct random *r, int64_t low, int64_t high)
{
	if (high <= low)
		return low;
	return low + (int64_t)(random_next(r) % ((uint64_t)(high - low) + 1));
}

#endif
