/* verdict.h - pass, fail or inconclusive, and how sure that is.
 *
 * fail: anything lost that is not the client's own limit. inconclusive: nothing lost, but too little seen to claim so.
 * A pass comes with its bound: 0 lost in N requests means at most 3/N at 95 % confidence, and says which gaps between
 * requests a loss could still hide in.
 */
#ifndef RUN_VERDICT_H
#define RUN_VERDICT_H

#include "base/err.h"
#include "diagnosis.h"
#include "timeline.h"

enum verdict_kind { VERDICT_PASS = 0, VERDICT_FAIL, VERDICT_INCONCLUSIVE };

struct verdict {
	enum verdict_kind kind;
	enum status exit;
	char reason[256]; /* inconclusive: why; else "" */
	struct diagnosis diagnosis;

	uint64_t requests, ok, failed; /* failed: all that did not end well */
	uint64_t lost;                 /* of these, the ones that count */
	uint64_t client_side;
	int rollouts, rollouts_complete;
	int windows;         /* old pods that were stopped */
	int windows_open;    /* had not ended when the run did */
	int windows_loaded;  /* of these, the ones that had requests while they were */
	double lost_at_most; /* per request, at 95 %; 1 when there were none */
	int64_t blind_ns;    /* at this rate, a pod can go without a request for so long unnoticed; 0 unknown */
};

void verdict_init(struct verdict *v, const struct timeline *t);
void verdict_finish(struct verdict *v);

const char *verdict_name(enum verdict_kind kind); /* "pass" */
/* One or two sentences about how sure it is. Caller frees. */
char *verdict_confidence(const struct verdict *v) __attribute__((warn_unused_result));

#endif
