/* summary.h - figures that every kind of report shows, taken from a finished timeline once. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "run/timeline.h"

struct summary_rollout {
	int64_t started_ns; /* the first; TIME_NEVER when there was none */
	int64_t took_ns;    /* until the last was complete; TIME_NEVER when it was not */
};

struct summary_rollout summary_rollout(const struct timeline *t);
/* Copies, those that count most first. The caller frees. */
struct timeline_tally *summary_tallies(const struct timeline *t, size_t *ret_count) __attribute__((warn_unused_result));
/* Indices of the pods at which requests failed. The caller frees. */
int *summary_worst_pods(const struct timeline *t, size_t *ret_count) __attribute__((warn_unused_result));

#endif
