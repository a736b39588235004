// SPDX-License-Identifier: Apache-2.0
#include "listen.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel lowers it to net.core.somaxconn. */
#define LISTEN_BACKLOG 4096

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool address_parse(const char *text, uint16_t port, union address *ret_address, socklen_t *ret_length)
{
	union address a = {0};
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		*ret_length = sizeof a.v4;
	} else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		*ret_length = sizeof a.v6;
	} else {
		return false;
	}
	*ret_address = a;
	return true;
}

static int listen_bind(int fd, const union address *address, socklen_t length, uint16_t *ret_port)
{
	const int on = 1, off = 0;
	union address bound;
	socklen_t bound_length = sizeof bound;
	/* Connections of a predecessor that wait out their TIME_WAIT must not keep us from the port. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
		return -errno;
	/* Without Nagle's delay; what is accepted inherits it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (address->any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, &address->any, length) == -1 || getsockname(fd, &bound.any, &bound_length) == -1)
		return -errno;
	*ret_port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return 0;
}

int listen_open(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port, struct err *err)
{
	union address a;
	socklen_t length;
	if (!address_parse(address, port, &a, &length))
		return err_input(err, "'%s' is not an IP address (as in 0.0.0.0, 127.0.0.1, ::)", address);
	auto_close int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_system(err, errno, "cannot make a socket for %s", address);
	int rc = listen_bind(fd, &a, length, ret_port);
	if (rc < 0)
		return err_system(err, -rc, "cannot listen on %s port %u", address, port);
	*ret_fd = steal_fd(&fd);
	return 0;
}

int listen_start(int fd, struct err *err)
{
	if (listen(fd, LISTEN_BACKLOG) == -1)
		return err_system(err, errno, "cannot listen");
	return 0;
}

int listen_accept(int fd)
{
	int accepted;
	/* ECONNABORTED: that one went away while it waited; the next may be there. */
	do
		accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (accepted == -1 && (errno == EINTR || errno == ECONNABORTED));
	return accepted == -1 ? -errno : accepted;
}
