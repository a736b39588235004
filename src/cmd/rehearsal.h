/* rehearsal.h - one rehearsal: from the command line's words to a verdict. `rehearse` runs one, the catalogue many.
 *
 * rehearsal_parse fills it from options (outside), rehearsal_read and rehearsal_aim check it against the manifests
 * (outside: bad input is told before anything is started), rehearsal_conduct runs it (inside a sandbox).
 */
#ifndef CMD_REHEARSAL_H
#define CMD_REHEARSAL_H

#include "lab/lab.h"
#include "manifest/manifest.h"
#include "run/conductor.h"

#include <stdbool.h>

#define REHEARSAL_RUNS_MAX 64

struct rehearsal {
	/* as given */
	char **files, **kustomizations, **runs, **paths, **headers, **arguments;
	char *method, *body, *record, *logs, *output;
	int64_t rate, connections, nodes, rollouts, seed;
	int64_t duration_ns, timeout_ns, connect_timeout_ns, warmup_ns, cooldown_ns, rtt_ns;
	bool fresh, keepalive, quiet;
	char *case_name;
	int64_t jobs;

	/* worked out */
	bool json;
	struct manifest *manifest;
	const struct deployment *target;
	struct lab_config lab;
	struct lab_run run_list[REHEARSAL_RUNS_MAX];
	struct run_facts facts;
	struct service made_up; /* when no Service selects the target */
};

/* 0, 1 (help was printed) or negative. */
int rehearsal_parse(struct rehearsal *r, int argc, char **argv, struct err *err) __attribute__((warn_unused_result));
/* Its manifests; `text` NULL: those that the options name. */
int rehearsal_read(struct rehearsal *r, const char *name, const char *text, struct err *err)
	__attribute__((warn_unused_result));
/* Finds the target and checks that it can be run. */
int rehearsal_aim(struct rehearsal *r, struct err *err) __attribute__((warn_unused_result));
void rehearsal_finish(struct rehearsal *r);

/* Inside a sandbox. `progress`: tell on standard error how it goes. */
struct conductor *rehearsal_conduct(struct rehearsal *r, bool progress, struct err *err)
	__attribute__((warn_unused_result));

/* facts.c of this room: what diagnosis and advice want to know of the target. */
void rehearsal_facts(struct rehearsal *r);

#endif
