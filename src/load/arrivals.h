/* arrivals.h - when one request after the other is due: arithmetic only, no clock.
 *
 * Constant: evenly, each computed from the start, so that nothing drifts. Poisson: as of many users who know nothing of
 * each other, with exponential gaps from a seed. Both can be dealt out: share k of n has requests k, k+n, k+2n…, each
 * due when it would be without dealing, so that the shares together are the whole.
 */
#ifndef LOAD_ARRIVALS_H
#define LOAD_ARRIVALS_H

#include "base/random.h"

#include <stdbool.h>

struct arrivals {
	double rate;
	bool is_poisson;
	uint64_t number; /* of the request, in the whole */
	uint64_t shares;
	struct random random;
	double at_ns; /* Poisson: when it is due */
};

/* At the first request of the share. */
void arrivals_init(struct arrivals *a, double rate, bool is_poisson, uint64_t seed, uint64_t share, uint64_t shares);
int64_t arrivals_due_ns(const struct arrivals *a); /* after the start */
void arrivals_next(struct arrivals *a);

#endif
