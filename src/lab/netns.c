// SPDX-License-Identifier: Apache-2.0
#include "netns.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int home = -1;

static int netns_current(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

int netns_init(struct err *err)
{
	home = netns_current();
	return home == -1 ? err_system(err, errno, "cannot open our network namespace") : 0;
}

int netns_home(void)
{
	return home;
}

static int netns_go(int fd, struct err *err)
{
	if (setns(fd, CLONE_NEWNET) == -1)
		return err_system(err, errno, "cannot enter a network namespace");
	return 0;
}

int netns_create(int *ret_fd, struct err *err)
{
	if (unshare(CLONE_NEWNET) == -1)
		return err_system(err, errno, "cannot create a network namespace");
	auto_close int fd = netns_current();
	int number = errno;
	int rc = netns_go(home, err);
	if (rc < 0)
		return rc;
	if (fd == -1)
		return err_system(err, number, "cannot open a new network namespace");
	*ret_fd = steal_fd(&fd);
	return 0;
}

int netns_inside(int fd, int (*call)(void *data, struct err *err), void *data, struct err *err)
{
	int rc = netns_go(fd, err);
	if (rc < 0)
		return rc;
	rc = call(data, err);
	int back = netns_go(home, rc < 0 ? NULL : err);
	return rc < 0 ? rc : back;
}

int netns_socket(int fd, int domain, int type, int protocol)
{
	int rc = netns_go(fd, NULL);
	if (rc < 0)
		return rc;
	int s = socket(domain, type | SOCK_CLOEXEC, protocol);
	int number = errno;
	rc = netns_go(home, NULL);
	if (rc < 0) {
		fd_close(&s);
		return rc;
	}
	return s == -1 ? -number : s;
}

int netns_sysctl(const char *name, const char *value, struct err *err)
{
	char path[128];
	snprintf(path, sizeof path, "/proc/sys/net/%s", name);
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, value, strlen(value)) == -1)
		return err_system(err, errno, "cannot set %s", path);
	return 0;
}
