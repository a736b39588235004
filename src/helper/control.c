// SPDX-License-Identifier: Apache-2.0
#include "control.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t control_name(struct sockaddr_un *ret_address)
{
	struct stat pid_namespace = {0};
	(void)stat("/proc/self/ns/pid", &pid_namespace);
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(ret_address->sun_path + 1, sizeof ret_address->sun_path - 1, "lameduck/%" PRIu64,
			 (uint64_t)pid_namespace.st_ino);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

int control_open(void)
{
	struct sockaddr_un address;
	socklen_t length = control_name(&address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, length) == -1 || listen(fd, 8) == -1)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void control_serve(int fd, const struct control_state *state)
{
	int peer;
	while (fd >= 0 && (peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		(void)send(peer, state, sizeof *state, MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)close(peer);
	}
}

bool control_ask(struct control_state *ret_state)
{
	struct sockaddr_un address;
	struct timeval patience = {.tv_sec = 1};
	socklen_t length = control_name(&address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ssize_t n = -1;
	if (connect(fd, (struct sockaddr *)&address, length) == 0)
		n = recv(fd, ret_state, sizeof *ret_state, MSG_WAITALL);
	(void)close(fd);
	return n == sizeof *ret_state && memchr(ret_state->name, 0, sizeof ret_state->name);
}
