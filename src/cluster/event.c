// SPDX-License-Identifier: Apache-2.0
#include "event.h"

#include <string.h>

static const char *const names[EVENT_KINDS] = {
	[EVENT_ROLLOUT_STARTED] = "rollout/started",
	[EVENT_ROLLOUT_COMPLETE] = "rollout/complete",
	[EVENT_ROLLOUT_SETTLED] = "rollout/settled",
	[EVENT_ROLLOUT_STALLED] = "rollout/stalled",
	[EVENT_POD_CREATED] = "pod/created",
	[EVENT_POD_STARTED] = "pod/started",
	[EVENT_POD_READY] = "pod/ready",
	[EVENT_POD_UNREADY] = "pod/unready",
	[EVENT_POD_AVAILABLE] = "pod/available",
	[EVENT_POD_DELETED] = "pod/deleted",
	[EVENT_HOOK_STARTED] = "hook/started",
	[EVENT_HOOK_ENDED] = "hook/ended",
	[EVENT_HOOK_FAILED] = "hook/failed",
	[EVENT_TERM_SENT] = "term/sent",
	[EVENT_KILL_SENT] = "kill/sent",
	[EVENT_CONTAINER_EXITED] = "container/exited",
	[EVENT_CONTAINER_RESTARTED] = "container/restarted",
	[EVENT_PROBE_FAILED] = "probe/failed",
	[EVENT_LIVENESS_KILL] = "liveness/kill",
	[EVENT_POD_GONE] = "pod/gone",
	[EVENT_ENDPOINT_ADDED] = "endpoint/added",
	[EVENT_ENDPOINT_REMOVED] = "endpoint/removed",
	[EVENT_PLANE_ADDED] = "plane/added",
	[EVENT_PLANE_REMOVED] = "plane/removed",
	[EVENT_NOTE] = "note",
};

const char *event_name(enum event_kind kind)
{
	return names[kind];
}

bool event_parse(const char *name, enum event_kind *ret_kind)
{
	for (int i = 0; i < EVENT_KINDS; i++) {
		if (!strcmp(names[i], name)) {
			*ret_kind = (enum event_kind)i;
			return true;
		}
	}
	return false;
}
