// SPDX-License-Identifier: Apache-2.0
#include "newcomers.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct newcomer {
	int revision;
	bool deleted, has_answered;
};

void newcomers_finish(struct newcomers *n)
{
	free(n->pods);
}

void newcomers_pod(struct newcomers *n, int index, const struct cluster_pod *pod)
{
	if (index >= n->count) {
		size_t count = (size_t)index + 1, more = count - (size_t)n->count;
		n->pods = memory_resize(n->pods, count, sizeof *n->pods);
		memset(n->pods + n->count, 0, more * sizeof *n->pods);
		n->count = (int)count;
	}
	n->pods[index].revision = pod->revision;
}

void newcomers_event(struct newcomers *n, const struct event *event)
{
	if (event->kind == EVENT_POD_DELETED && event->pod >= 0 && event->pod < n->count)
		n->pods[event->pod].deleted = true;
}

void newcomers_answered(struct newcomers *n, int pod)
{
	if (pod >= 0 && pod < n->count)
		n->knows_pods = n->pods[pod].has_answered = true;
}

bool newcomers_are_awaited(const struct newcomers *n)
{
	int newest = 0;
	for (int i = 0; i < n->count; i++)
		if (n->pods[i].revision > newest)
			newest = n->pods[i].revision;
	for (int i = 0; n->knows_pods && i < n->count; i++)
		if (n->pods[i].revision == newest && !n->pods[i].deleted && !n->pods[i].has_answered)
			return true;
	return false;
}
