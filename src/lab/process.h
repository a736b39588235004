/* process.h - a container's process: its own PID and mount namespaces, the pod's network, host name and IPC.
 *
 * It is PID 1 in there, as in a container: signals without a handler do nothing to it. Its root is this machine's file
 * system, with its own /proc, /etc/hosts and an empty /run. `process_exec` runs a command inside a running one
 * (preStop, exec probes). Everything that a container started ends with its PID 1.
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

struct process_spec {
	char *const *argv;        /* argv[0] is looked up in our PATH */
	char *const *environment; /* "NAME=value", NULL-ended */
	const char *directory;    /* NULL: where we are */
	int net, uts;             /* the pod's namespaces; -1: stay in ours */
	const char *hosts;        /* a file to be /etc/hosts, or NULL */
	bool keep_run;            /* see our /run instead of an empty one */
	int log;                  /* its output is written here too; -1: nowhere; borrowed */
};

struct process;
/* The exit status as a shell has it (128+n for a signal). `p` is gone when this returns. */
typedef void process_exited(struct process *p, int status, void *data);

/* Returns at once. A command that cannot be executed exits with 126 or 127 and says why in its output. */
struct process *process_start(uv_loop_t *loop, const struct process_spec *spec, process_exited *exited, void *data,
			      struct err *err) __attribute__((warn_unused_result));
/* The same inside the namespaces of `container`; of `spec` argv, environment and directory are used. */
struct process *process_exec(uv_loop_t *loop, const struct process *container, const struct process_spec *spec,
			     process_exited *exited, void *data, struct err *err) __attribute__((warn_unused_result));
pid_t process_pid(const struct process *p);
void process_signal(struct process *p, int number);
/* The last line that it wrote, without the line's end; "" when none. Borrowed, valid until the next call. */
const char *process_last_line(const struct process *p);
/* KILL and wait, without the callback. NULL is fine. The loop must turn once more to let go of the handles. */
void process_destroy(struct process *p);

#endif
