/* child.h - the app: started, sent signals, waited for; and the orphans that nobody else waits for. */
#ifndef HELPER_CHILD_H
#define HELPER_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* What a shell would say: 126 found but cannot be run, 127 not found, 128 + n ended by signal n. */
#define CHILD_CANNOT_RUN 126
#define CHILD_NOT_FOUND 127

struct child {
	pid_t pid;
	bool to_group;   /* signals go to its whole process group */
	bool is_stopped; /* by STOP or TSTP */
	bool has_ended;
	int status; /* as a shell would say, once it has ended */
};

/* In a process group of its own, which gets the terminal when there is one; with the signal mask `mask` and every
 * signal at its default. 0 or a negative errno. */
int child_start(struct child *c, char *const *command, const sigset_t *mask) __attribute__((warn_unused_result));
void child_signal(const struct child *c, int number);
/* Takes note of all that have ended, the app and orphans, or that were stopped. */
void child_reap(struct child *c);

#endif
