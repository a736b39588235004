/* rate.h - how many requests come, and how long none must come before that means something.
 *
 * Learned over the last minute before the end, by looking at a counter every few seconds. Where requests came at random
 * at that rate, a data plane that still sends would have to be quiet for k/rate to be missed, which happens by chance
 * once in e^k times; over a lame duck of D there are about rate x D chances. With k = ln(rate x D / p) the chance of
 * ending too early is p. Below one request in two seconds there is no evidence to be had.
 */
#ifndef LIFECYCLE_RATE_H
#define LIFECYCLE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define LAMEDUCK_RATE_LOOK_NS (INT64_C(5) * 1000000000)
#define LAMEDUCK_RATE_LOOKS 13 /* a minute, from the first to the last */

struct lameduck_rate {
	struct {
		int64_t at_ns;
		uint64_t count;
	} looks[LAMEDUCK_RATE_LOOKS];
	unsigned next, known;
};

void lameduck_rate_look(struct lameduck_rate *r, int64_t now_ns, uint64_t count);
/* How long it must be quiet within a lame duck of `within_ns`, `least_ns` or longer; INT64_MAX: requests are too rare.
 */
int64_t lameduck_rate_quiet_ns(const struct lameduck_rate *r, int64_t now_ns, uint64_t count, int64_t within_ns,
			       int64_t least_ns);

#endif
