/* load_live.h - the line on a terminal while a load runs: how fast now, how many lost, p99. */
#ifndef CMD_LOAD_LIVE_H
#define CMD_LOAD_LIVE_H

#include "load/load.h"

#define LIVE_MS 200
#define LIVE_LOOKS 6 /* the rate is that of the last second */

struct load_live {
	struct {
		int64_t at_ns;
		uint64_t sent;
	} looks[LIVE_LOOKS]; /* a ring */
	unsigned count;
};

/* Every LIVE_MS. */
void load_live_show(struct load_live *l, int64_t start_ns, const struct load_totals *totals, uint64_t lost);

#endif
