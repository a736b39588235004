// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include "base/fd.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_SIZE 2048

struct process {
	pid_t pid; /* 0: reaped */
	int pidfd;
	int output; /* our end of its stdout and stderr */
	int log;
	int open_handles; /* freed when the last one has closed */
	uv_poll_t exit_poll, output_poll;
	char tail[TAIL_SIZE]; /* the end of what it wrote */
	size_t tail_length;
	process_exited *exited;
	void *data;
};

/* ---- in the child ---- */

__attribute__((noreturn, format(printf, 2, 3))) static void child_die(int status, const char *format, ...)
{
	int number = errno;
	va_list args;
	va_start(args, format);
	char line[512];
	int n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "%.*s: %s\n", n, line, strerror(number));
	_exit(status);
}

/* The file system that a container sees. /proc may be refused where ours is masked (nested containers): then the outer
 * one stays, which only shows more processes. */
static void child_mounts(const struct process_spec *spec)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		child_die(126, "cannot make mounts private");
	if (spec->hosts && mount(spec->hosts, "/etc/hosts", NULL, MS_BIND, NULL) == -1)
		child_die(126, "cannot put %s over /etc/hosts", spec->hosts);
	(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (!spec->keep_run && mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") == -1)
		child_die(126, "cannot mount an empty /run");
}

static void child_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
}

__attribute__((noreturn)) static void child_exec(const struct process_spec *spec, int output)
{
	int in = open("/dev/null", O_RDONLY);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(output, STDOUT_FILENO) == -1 || dup2(output, STDERR_FILENO) == -1)
		_exit(126);
	child_signals();
	(void)setsid();
	(void)close_range(3, ~0U, 0);
	if (spec->directory && chdir(spec->directory) == -1)
		child_die(126, "cannot enter %s", spec->directory);
	execvpe(spec->argv[0], spec->argv, spec->environment);
	child_die(errno == ENOENT ? 127 : 126, "cannot execute %s", spec->argv[0]);
}

__attribute__((noreturn)) static void child_container(const struct process_spec *spec, int output)
{
	if ((spec->net != -1 && setns(spec->net, CLONE_NEWNET) == -1) ||
	    (spec->uts != -1 && setns(spec->uts, CLONE_NEWUTS) == -1))
		_exit(126);
	dup2(output, STDERR_FILENO);
	child_mounts(spec);
	child_exec(spec, output);
}

__attribute__((noreturn)) static void child_in_container(const struct process_spec *spec, int pidfd, int output)
{
	dup2(output, STDERR_FILENO);
	if (setns(pidfd, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS) == -1)
		child_die(126, "cannot enter the container");
	child_exec(spec, output);
}

/* ---- in the lab ---- */

/* fork() with namespaces and a pidfd. */
static pid_t process_clone(uint64_t flags, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

static void process_closed(uv_handle_t *handle)
{
	struct process *p = handle->data;
	if (--p->open_handles == 0)
		free(p);
}

static void process_close_output(struct process *p)
{
	if (p->output == -1)
		return;
	uv_close((uv_handle_t *)&p->output_poll, process_closed);
	fd_close(&p->output);
}

static void process_keep(struct process *p, const char *data, size_t length)
{
	if (p->log != -1)
		(void)!write(p->log, data, length);
	if (length >= TAIL_SIZE) {
		data += length - TAIL_SIZE;
		length = TAIL_SIZE;
	}
	size_t over = p->tail_length + length > TAIL_SIZE ? p->tail_length + length - TAIL_SIZE : 0;
	memmove(p->tail, p->tail + over, p->tail_length - over);
	p->tail_length -= over;
	memcpy(p->tail + p->tail_length, data, length);
	p->tail_length += length;
}

/* False at its end. */
static bool process_read(struct process *p)
{
	char chunk[16384];
	for (;;) {
		ssize_t n = read(p->output, chunk, sizeof chunk);
		if (n > 0)
			process_keep(p, chunk, (size_t)n);
		else
			return n == -1 && (errno == EAGAIN || errno == EINTR);
	}
}

static void process_output_readable(uv_poll_t *poll, int status, int events)
{
	struct process *p = poll->data;
	if (!process_read(p))
		process_close_output(p);
}

static int process_reap(struct process *p)
{
	int wait_status = 0;
	while (waitpid(p->pid, &wait_status, 0) == -1 && errno == EINTR)
		;
	p->pid = 0;
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static void process_close_exit(struct process *p)
{
	uv_close((uv_handle_t *)&p->exit_poll, process_closed);
	fd_close(&p->pidfd);
}

static void process_is_over(uv_poll_t *poll, int status, int events)
{
	struct process *p = poll->data;
	if (p->output != -1)
		(void)process_read(p);
	int exit_status = process_reap(p);
	p->exited(p, exit_status, p->data);
	process_close_output(p);
	process_close_exit(p);
}

/* uv_poll_init can only fail on descriptors that epoll refuses, which a pidfd and a pipe are not. */
static struct process *process_watch(uv_loop_t *loop, pid_t pid, int pidfd, int output, int log, process_exited *exited,
				     void *data)
{
	struct process *p = memory_new(1, sizeof *p);
	*p = (struct process){.pid = pid, .pidfd = pidfd, .output = output, .log = log, .exited = exited, .data = data};
	p->open_handles = 2;
	(void)uv_poll_init(loop, &p->exit_poll, pidfd);
	(void)uv_poll_init(loop, &p->output_poll, output);
	p->exit_poll.data = p->output_poll.data = p;
	uv_poll_start(&p->exit_poll, UV_READABLE, process_is_over);
	uv_poll_start(&p->output_poll, UV_READABLE, process_output_readable);
	return p;
}

/* Our end does not block; theirs does, as programs expect of their standard output. */
static int process_pipe(int *ret_ours, int *ret_theirs)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

struct process *process_start(uv_loop_t *loop, const struct process_spec *spec, process_exited *exited, void *data,
			      struct err *err)
{
	auto_close int ours = -1, theirs = -1;
	int rc = process_pipe(&ours, &theirs), pidfd = -1;
	pid_t pid = rc < 0 ? -1 : process_clone(CLONE_NEWNS | CLONE_NEWPID, &pidfd);
	if (pid == 0)
		child_container(spec, theirs);
	if (pid == -1) {
		err_system(err, errno, "cannot start %s", spec->argv[0]);
		return NULL;
	}
	return process_watch(loop, pid, pidfd, steal_fd(&ours), spec->log, exited, data);
}

struct process *process_exec(uv_loop_t *loop, const struct process *container, const struct process_spec *spec,
			     process_exited *exited, void *data, struct err *err)
{
	auto_close int own = open("/proc/thread-self/ns/pid", O_RDONLY | O_CLOEXEC);
	auto_close int ours = -1, theirs = -1;
	/* Entering a PID namespace moves only the children made from here on: make one, and come back. */
	if (own == -1 || process_pipe(&ours, &theirs) < 0 || setns(container->pidfd, CLONE_NEWPID) == -1) {
		err_system(err, errno, "cannot enter the container for %s", spec->argv[0]);
		return NULL;
	}
	int pidfd = -1;
	pid_t pid = process_clone(0, &pidfd);
	int number = errno;
	if (pid == 0)
		child_in_container(spec, container->pidfd, theirs);
	if (setns(own, CLONE_NEWPID) == -1 || pid == -1) {
		err_system(err, number, "cannot run %s in the container", spec->argv[0]);
		return NULL;
	}
	return process_watch(loop, pid, pidfd, steal_fd(&ours), -1, exited, data);
}

pid_t process_pid(const struct process *p)
{
	return p->pid;
}

void process_signal(struct process *p, int number)
{
	if (p->pid)
		(void)syscall(SYS_pidfd_send_signal, p->pidfd, number, NULL, 0);
}

const char *process_last_line(const struct process *p)
{
	static char line[160];
	size_t end = p->tail_length;
	while (end > 0 && (p->tail[end - 1] == '\n' || p->tail[end - 1] == '\r'))
		end--;
	size_t start = end;
	while (start > 0 && p->tail[start - 1] != '\n')
		start--;
	snprintf(line, sizeof line, "%.*s", (int)(end - start), p->tail + start);
	return line;
}

void process_destroy(struct process *p)
{
	if (!p || !p->pid)
		return;
	process_signal(p, SIGKILL);
	(void)process_reap(p);
	process_close_output(p);
	process_close_exit(p);
}
