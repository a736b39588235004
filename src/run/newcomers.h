/* newcomers.h - which pods of the newest revision have not answered yet: a slow starter must have its chance before the
 * load ends, or nobody could tell it from a bad release. */
#ifndef RUN_NEWCOMERS_H
#define RUN_NEWCOMERS_H

#include "cluster/event.h"

struct newcomers {
	struct newcomer *pods; /* by index */
	int count;
	bool knows_pods; /* some answer was laid to a pod; else there is nothing to wait for */
};

void newcomers_finish(struct newcomers *n);
void newcomers_pod(struct newcomers *n, int index, const struct cluster_pod *pod);
void newcomers_event(struct newcomers *n, const struct event *event);
void newcomers_answered(struct newcomers *n, int pod); /* EVENT_NONE is fine */
bool newcomers_are_awaited(const struct newcomers *n);

#endif
