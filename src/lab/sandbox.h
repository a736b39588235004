/* sandbox.h - a process with namespaces of its own (user, network, mount, PID, IPC, host name) in which a lab lives.
 *
 * It is PID 1 in there: when it ends, whatever way, the kernel ends everything that it started and all namespaces and
 * mounts go with it. It ends by KILL when its parent does. An ordinary user needs nothing but user namespaces; root is
 * not refused, and then keeps the machine's users.
 */
#ifndef LAB_SANDBOX_H
#define LAB_SANDBOX_H

#include "base/err.h"

#include <sys/types.h>

struct sandbox {
	pid_t pid;
	int pidfd; /* readable when it has ended */
};

/* `body` runs inside, in its own process group, with standard input, output and error as ours; its result is the exit
 * status. Returns when the inside is set up. `err` says which setting forbids it, and the way out. */
int sandbox_start(struct sandbox *s, int (*body)(void *data), void *data, struct err *err)
	__attribute__((warn_unused_result));
/* The exit status as a shell has it. Blocks until it has ended. */
int sandbox_wait(struct sandbox *s);

#endif
