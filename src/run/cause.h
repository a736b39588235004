/* cause.h - why a request was lost. The names are a contract: users, JSON and tests hold on to them. */
#ifndef RUN_CAUSE_H
#define RUN_CAUSE_H

#include <stdbool.h>

enum cause {
	CAUSE_PREMATURE_ACTIVATION = 0,
	CAUSE_PREMATURE_SHUTDOWN,
	CAUSE_STALE_ENDPOINT,
	CAUSE_KEEPALIVE_RACE,
	CAUSE_IDLE_TIMEOUT_RACE,
	CAUSE_GRACE_EXCEEDED,
	CAUSE_HOOK_FAILED,
	CAUSE_CAPACITY_GAP,
	CAUSE_LIVENESS_KILL,
	CAUSE_BAD_RELEASE,
	CAUSE_CLIENT_SIDE, /* our own limits: said, and not counted as lost */
	CAUSE_UNEXPLAINED, /* never folded into another */
	CAUSES
};

#define CAUSE_NONE CAUSES /* a rule that does not apply says this */

const char *cause_name(enum cause cause);
/* One sentence for people. */
const char *cause_meaning(enum cause cause);
bool cause_parse(const char *name, enum cause *ret_cause);

#endif
