/* levels.h - how many pods there were to send to at any time: ready ones in the cluster, and listed ones per data
 * plane. */
#ifndef RUN_LEVELS_H
#define RUN_LEVELS_H

#include "timeline.h"

struct level_step {
	int64_t at_ns;
	int count; /* from then on */
};

struct level {
	struct level_step *steps;
	size_t count;
};

struct levels {
	struct level ready;
	struct level *planes; /* timeline.plane_count of them */
	int plane_count;
};

#define LEVEL_UNKNOWN INT32_MAX /* nothing was ever recorded */

void levels_init(struct levels *l, const struct timeline *t);
void levels_finish(struct levels *l);
/* The fewest at any time in [from, to]. Before the first step nobody was there. */
int level_least(const struct level *l, int64_t from_ns, int64_t to_ns);

#endif
