/* diagnosis.h - names the cause of every failure: a pure function of a finished timeline.
 *
 * Each failure gets exactly one cause. `unexplained` is a cause like the others, and no other one is stretched to empty
 * it. A finding gathers the failures of one cause, with the lines that would convince a sceptic and what to change.
 */
#ifndef RUN_DIAGNOSIS_H
#define RUN_DIAGNOSIS_H

#include "cause.h"
#include "timeline.h"

#include <stddef.h>
#include <stdint.h>

struct finding {
	enum cause cause;
	uint64_t lost;
	uint64_t kinds[OUTCOME_KINDS];
	int *pods; /* indices, those that lost most first */
	size_t pod_count;
	char **evidence; /* NULL-ended, in order of time */
	char *fix;       /* sentences, then perhaps lines of YAML */
};

struct diagnosis {
	struct finding *findings; /* what lost most first; client-side last */
	size_t finding_count;
	enum cause *causes; /* per failure that was kept */
};

void diagnosis_init(struct diagnosis *d, const struct timeline *t);
void diagnosis_finish(struct diagnosis *d);

#endif
