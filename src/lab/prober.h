/* prober.h - one probe of one container: attempts on its schedule, counted by thresholds. */
#ifndef LAB_PROBER_H
#define LAB_PROBER_H

#include "check.h"
#include "later.h"
#include "manifest/objects.h"
#include "process.h"
#include "threshold.h"

struct prober {
	const struct probe *spec;
	struct threshold threshold;
	struct later tick;
	struct check *check;
	struct process *command;
	struct later limit;   /* of the command */
	struct check_spec to; /* filled in by the owner: from where and to whom */
	int64_t started_ns;   /* of the container: the initial delay counts from there */
	char why[160];        /* the last bad result */
	/* Called when the verdict has changed, or a bad one is reached; and, before that, asked for exec probes. */
	void (*changed)(struct prober *p, bool verdict, void *data);
	void (*failed)(struct prober *p, void *data); /* each bad result */
	struct process *(*execute)(struct prober *p, process_exited *exited, void *data);
	void *data;
};

/* A probe that is not given (HANDLER_NONE) is fine: it never runs. */
void prober_init(struct prober *p, uv_loop_t *loop, const struct probe *spec, bool verdict);
bool prober_exists(const struct prober *p);
void prober_start(struct prober *p, bool verdict, int64_t container_started_ns);
void prober_stop(struct prober *p); /* and what is under way; the verdict stays */

#endif
