/* tally.h - what happened, counted by each thread for itself and added up by whoever asks. */
#ifndef SERVE_TALLY_H
#define SERVE_TALLY_H

#include <stdint.h>

struct tally {
	uint64_t served;      /* from TERM on, as all below */
	uint64_t closed;      /* after their last answer, or idle and given time */
	uint64_t closed_idle; /* idle, without a word */
	uint64_t cut;         /* requests that got no answer, or half of one */
};

/* By the owner; others may read meanwhile. */
static inline void tally_count(uint64_t *field)
{
	__atomic_store_n(field, *field + 1, __ATOMIC_RELAXED);
}

static inline void tally_add(struct tally *sum, const struct tally *one)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)one;
	for (unsigned i = 0; i < sizeof *sum / sizeof *to; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

#endif
