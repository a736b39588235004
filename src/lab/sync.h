/* sync.h - how often a proxy may write its rules: kube-proxy's bounded-frequency runner (async.BoundedFrequencyRunner).
 * A bucket of 2 runs that refills by one per interval: two at once are fine, the third waits. */
#ifndef LAB_SYNC_H
#define LAB_SYNC_H

#include <stdint.h>

struct sync {
	int64_t interval_ns; /* 0: no limit */
	double tokens;
	int64_t at_ns;
};

void sync_init(struct sync *s, int64_t interval_ns, int64_t now_ns);
/* How long a run that is wanted now has to wait; 0 takes a token: run. */
int64_t sync_wait(struct sync *s, int64_t now_ns);

#endif
