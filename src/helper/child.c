// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A background group that takes the terminal would be stopped for it. */
static void child_take_terminal(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	(void)sigaction(SIGTTOU, &ignore, &before);
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	(void)sigaction(SIGTTOU, &before, NULL);
}

static void child_reset_signals(const sigset_t *mask)
{
	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			(void)signal(n, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
}

static _Noreturn void child_become(char *const *command, const sigset_t *mask)
{
	(void)setpgid(0, 0);
	if (isatty(STDIN_FILENO))
		child_take_terminal();
	child_reset_signals(mask);
	execvp(command[0], command);
	int error = errno;
	fprintf(stderr, "lameduck: cannot run %s: %s\n", command[0], strerror(error));
	_exit(error == ENOENT ? CHILD_NOT_FOUND : CHILD_CANNOT_RUN);
}

int child_start(struct child *c, char *const *command, const sigset_t *mask)
{
	pid_t pid = fork();
	if (pid == -1)
		return -errno;
	if (pid == 0)
		child_become(command, mask);
	/* Here too: a signal may be sent to the group before the child has made it. */
	(void)setpgid(pid, pid);
	c->pid = pid;
	c->has_ended = false;
	return 0;
}

void child_signal(const struct child *c, int number)
{
	if (!c->has_ended)
		(void)kill(c->to_group ? -c->pid : c->pid, number);
}

void child_reap(struct child *c)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid != c->pid)
			continue;
		c->is_stopped = WIFSTOPPED(status);
		c->has_ended = WIFEXITED(status) || WIFSIGNALED(status);
		c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}
