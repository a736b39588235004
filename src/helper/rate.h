/* rate.h - how often something arrived lately: a total, looked at now and then. Pure. */
#ifndef HELPER_RATE_H
#define HELPER_RATE_H

#include <stdint.h>

#define RATE_STEP_NS (5 * NS_PER_S) /* a look every so often is enough; longer steps are fine */
#define RATE_STEPS 12               /* what is older than these is forgotten */

struct rate {
	struct rate_look {
		int64_t at_ns;
		uint64_t total;
	} looks[RATE_STEPS + 1], last;
	unsigned newest, count;
};

void rate_init(struct rate *r);
/* `total` never goes back; when it does, learning begins anew. */
void rate_look(struct rate *r, uint64_t total, int64_t now_ns);
/* Arrivals per second over the last minute, as far as it was watched; 0 before there was time to see any. */
double rate_per_s(const struct rate *r);
/* What can be counted on: the median of the steps of that minute. A crowd that comes at once (clients that fill their
 * pools of connections) is no rate at all, however many it is. */
double rate_steady_per_s(const struct rate *r);

#endif
