// SPDX-License-Identifier: Apache-2.0
#include "cause.h"

#include <string.h>

static const struct {
	const char *name, *meaning;
} causes[CAUSES] = {
	[CAUSE_PREMATURE_ACTIVATION] = {"premature-activation",
					"A new pod was sent requests before it could answer them."},
	[CAUSE_PREMATURE_SHUTDOWN] = {"premature-shutdown",
				      "A pod that was told to stop cut requests that it had already accepted."},
	[CAUSE_STALE_ENDPOINT] = {"stale-endpoint", "New connections were sent to a pod that no longer listened, by a "
						    "data plane that had not heard yet."},
	[CAUSE_KEEPALIVE_RACE] = {"keepalive-race", "A stopping pod closed an idle kept-alive connection while the "
						    "client's next request was on its way."},
	[CAUSE_IDLE_TIMEOUT_RACE] = {"idle-timeout-race",
				     "The server closed an idle kept-alive connection, with nobody "
				     "stopping, while the client's next request was on its way."},
	[CAUSE_GRACE_EXCEEDED] = {"grace-exceeded",
				  "The grace period ended, and the pod was killed with requests in flight."},
	[CAUSE_HOOK_FAILED] = {"hook-failed", "The preStop hook did not run to its end, so TERM came at once."},
	[CAUSE_CAPACITY_GAP] = {"capacity-gap",
				"Fewer pods were ready than the Deployment asks for, and the rest could "
				"not answer in time, or nobody was there."},
	[CAUSE_LIVENESS_KILL] = {"liveness-kill", "The liveness probe had a pod restarted that was in use."},
	[CAUSE_BAD_RELEASE] = {"bad-release", "Only the new version fails, and it goes on failing."},
	[CAUSE_CLIENT_SIDE] = {"client-side", "This machine's own limits, not the service: not counted as lost."},
	[CAUSE_UNEXPLAINED] = {"unexplained", "Nothing that was recorded explains these."},
};

const char *cause_name(enum cause cause)
{
	return causes[cause].name;
}

const char *cause_meaning(enum cause cause)
{
	return causes[cause].meaning;
}

bool cause_parse(const char *name, enum cause *ret_cause)
{
	for (int i = 0; i < CAUSES; i++) {
		if (!strcmp(causes[i].name, name)) {
			*ret_cause = (enum cause)i;
			return true;
		}
	}
	return false;
}
