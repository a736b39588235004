/* jobs.h - runs work inside sandboxes, some at the same time, and passes signals on.
 *
 * INT, TERM and HUP that reach us go to every job that runs as INT; jobs not yet begun are left out. A captured job
 * writes its result to `result_fd`.
 */
#ifndef CMD_JOBS_H
#define CMD_JOBS_H

#include "base/err.h"
#include "base/text.h"
#include "lab/sandbox.h"

#include <stdbool.h>

#define JOB_RESULT_MAX (16 << 20)

enum job_state { JOB_WAITING = 0, JOB_RUNNING, JOB_DONE, JOB_LEFT_OUT };

struct job {
	int (*body)(int result_fd, void *data); /* inside; the exit status */
	void *data;
	enum job_state state;
	int status;     /* exit status, once done */
	struct err err; /* it could not be started */
	struct text result;
	struct sandbox sandbox;
	int result_fd;
};

/* Returns when all are done, with true when a signal came. `changed` (or NULL) is called when a job begins or ends, and
 * at least every 200 ms. */
bool jobs_run(struct job *jobs, int count, int at_once, void (*changed)(struct job *jobs, int count, void *data),
	      void *data);

#endif
