// SPDX-License-Identifier: Apache-2.0
#include "sandbox.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what forbids it ---- */

/* -1 when there is no such setting. */
static long setting(const char *path)
{
	char text[32] = "";
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, text, sizeof text - 1) <= 0)
		return -1;
	return strtol(text, NULL, 10);
}

static int explain(struct err *err, int number, const char *what)
{
	static const struct {
		const char *path, *name;
		long forbids;
		const char *way_out;
	} settings[] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0,
		 "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", 0,
		 "sudo sysctl -w user.max_user_namespaces=10000"},
		{"/proc/sys/user/max_net_namespaces", "user.max_net_namespaces", 0,
		 "sudo sysctl -w user.max_net_namespaces=10000"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		 "kernel.apparmor_restrict_unprivileged_userns", 1,
		 "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu's AppArmor restriction)"},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (setting(settings[i].path) == settings[i].forbids)
			return err_system(err, number,
					  "a lab needs user namespaces, and %s=%ld forbids them; the way out: %s, "
					  "or run as root (%s)",
					  settings[i].name, settings[i].forbids, settings[i].way_out, what);
	return err_system(
		err, number,
		"a lab needs namespaces of its own, and this system refuses them (a container without "
		"that right, or a security policy?): run on a machine that allows user namespaces, or as root (%s)",
		what);
}

/* ---- inside ---- */

static int write_file(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd == -1 || write(fd, text, strlen(text)) == -1 ? -1 : 0;
}

/* Root in here is the user outside; nobody else exists. */
static int map_user(uid_t uid, gid_t gid, struct err *err)
{
	char line[64];
	if (write_file("/proc/self/setgroups", "deny") == -1)
		return explain(err, errno, "setgroups");
	snprintf(line, sizeof line, "0 %u 1", uid);
	if (write_file("/proc/self/uid_map", line) == -1)
		return explain(err, errno, "uid_map");
	snprintf(line, sizeof line, "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", line) == -1)
		return explain(err, errno, "gid_map");
	return 0;
}

/* /proc may be refused where ours is masked (nested containers): then the outer one stays, which works as well. */
static int make_mounts(struct err *err)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return explain(err, errno, "private mounts");
	(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=256m") == -1)
		return explain(err, errno, "a tmpfs on /run");
	return 0;
}

__attribute__((noreturn)) static void inside(bool user, uid_t uid, gid_t gid, int life, int report, int (*body)(void *),
					     void *data)
{
	struct err err = {0};
	/* Our parent may have gone before this call: then nobody holds the other end of `life` any more. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	char byte;
	if (read(life, &byte, 1) == 0)
		_exit(STATUS_SYSTEM);
	(void)setpgid(0, 0);
	int rc = user ? map_user(uid, gid, &err) : 0;
	if (rc == 0)
		rc = make_mounts(&err);
	(void)!write(report, &err, sizeof err);
	close(report);
	if (rc < 0)
		_exit(STATUS_SYSTEM);
	exit(body(data));
}

/* ---- outside ---- */

static pid_t clone_inside(bool user, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 (user ? CLONE_NEWUSER : 0),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

int sandbox_start(struct sandbox *s, int (*body)(void *data), void *data, struct err *err)
{
	int report[2], life[2];
	if (pipe2(report, O_CLOEXEC) == -1)
		return err_system(err, errno, "cannot make a pipe");
	auto_close int report_read = report[0], report_write = report[1];
	if (pipe2(life, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_system(err, errno, "cannot make a pipe");
	auto_close int life_read = life[0], life_write = life[1];

	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool user = uid != 0;
	fflush(NULL);
	pid_t pid = clone_inside(user, &s->pidfd);
	if (pid == -1 && errno == EPERM && !user) {
		/* Root without the right to make namespaces, as in most containers: as an ordinary user then. */
		user = true;
		pid = clone_inside(user, &s->pidfd);
	}
	if (pid == -1)
		return explain(err, errno, "clone");
	if (pid == 0) {
		fd_close(&life_write);
		fd_close(&report_read);
		inside(user, uid, gid, life_read, report_write, body, data);
	}
	s->pid = pid;
	fd_close(&report_write);
	struct err theirs = {0};
	ssize_t n = read(report_read, &theirs, sizeof theirs);
	if (n == (ssize_t)sizeof theirs && theirs.kind == ERR_NONE)
		return 0;
	(void)sandbox_wait(s);
	if (n != (ssize_t)sizeof theirs)
		return err_system(err, 0, "the lab ended before it had begun");
	if (err)
		*err = theirs;
	return -EPERM;
}

int sandbox_wait(struct sandbox *s)
{
	int wait_status = 0;
	while (waitpid(s->pid, &wait_status, 0) == -1 && errno == EINTR)
		;
	fd_close(&s->pidfd);
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
