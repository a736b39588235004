/* evidence.h - how long a silence must be before it means that traffic has stopped. Pure.
 *
 * Arrivals at a known rate λ leave a gap of q by chance with probability e^(-λq). Traffic that takes up to D to stop
 * has about λD gaps, so that with q = ln(λD/p)/λ the chance to take one of them for the end is p. When the needed gap
 * is longer than we may wait, there is no evidence to be had.
 *
 * Probes go on after traffic has stopped, at most once a second: so windows with few arrivals count too, at the rate
 * that is left of λ without them.
 */
#ifndef HELPER_EVIDENCE_H
#define HELPER_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

struct evidence_rule {
	int64_t min_quiet_ns;
	int64_t horizon_ns;  /* D: traffic may go on for so long */
	double risk;         /* p: of stopping too early, once in a termination */
	double strays_per_s; /* arrivals that never stop: probes */
};

#define EVIDENCE_EVENTS 64

/* Arrivals since somebody began to look; only the newest are kept, since a longer window ends before them anyway. */
struct evidence {
	double per_s; /* λ, learned before */
	int64_t since_ns;
	unsigned newest, count;
	struct evidence_event {
		int64_t at_ns;
		uint64_t arrivals;
	} events[EVIDENCE_EVENTS];
};

void evidence_begin(struct evidence *e, double per_s, int64_t now_ns);
void evidence_add(struct evidence *e, uint64_t arrivals, int64_t now_ns);
bool evidence_says_quiet(const struct evidence *e, const struct evidence_rule *rule, int64_t now_ns);
/* The gap that is needed at this rate; INT64_MAX when nothing ever arrives. */
int64_t evidence_needed_ns(double per_s, const struct evidence_rule *rule);
int64_t evidence_last_ns(const struct evidence *e); /* when something last arrived; 0: nothing has */

#endif
