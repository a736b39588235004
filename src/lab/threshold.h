/* threshold.h - when a probe's results change its verdict: the counting that a kubelet does
 * (pkg/kubelet/prober/worker.go).
 *
 * A verdict changes after `successThreshold` good or `failureThreshold` bad results in a row; a single other result
 * starts the count anew. Readiness starts as not ready, liveness as alive, startup as not started.
 */
#ifndef LAB_THRESHOLD_H
#define LAB_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

struct threshold {
	int64_t success, failure;
	bool verdict;
	bool last;
	int64_t in_a_row;
};

void threshold_init(struct threshold *t, int64_t success, int64_t failure, bool verdict);
/* True when the verdict has changed, or (a bad one) is reached again. */
bool threshold_add(struct threshold *t, bool good);

#endif
