// SPDX-License-Identifier: Apache-2.0
#include "connect.h"

#include "address.h"
#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <linux/tcp.h> /* has more of struct tcp_info than the C library's */
#include <netinet/in.h>
#include <string.h>

static uint16_t connect_local_port(int fd)
{
	struct sockaddr_storage local = {0};
	socklen_t length = sizeof local;
	if (getsockname(fd, (struct sockaddr *)&local, &length) == -1)
		return 0;
	return address_port(&local);
}

static void connect_set(int fd, int option, int value)
{
	(void)setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

int connect_begin(const struct sockaddr_storage *to, socklen_t length, const char *device, int options, int *ret_fd,
		  uint16_t *ret_local_port)
{
	*ret_local_port = 0;
	auto_close int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd == -1)
		return -errno;
	if (options & CONNECT_NODELAY)
		connect_set(fd, TCP_NODELAY, 1);
	if (options & CONNECT_SPEAKS_FIRST)
		connect_set(fd, TCP_QUICKACK, 0);
	if (device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) == -1)
		return -errno;
	int result = connect(fd, (const struct sockaddr *)to, length) == -1 ? -errno : 0;
	/* Asked for at once: the kernel forgets the port of a connection that was refused. */
	*ret_local_port = connect_local_port(fd);
	if (result == 0 || result == -EINPROGRESS)
		*ret_fd = steal_fd(&fd);
	return result;
}

void connect_spoke(int fd)
{
	connect_set(fd, TCP_QUICKACK, 1);
}

int connect_result(int fd)
{
	int error = 0;
	socklen_t length = sizeof error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return -errno;
	return -error;
}

int64_t connect_rtt_ns(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	if (fd == -1 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1 || info.tcpi_min_rtt == UINT32_MAX)
		return 0;
	return info.tcpi_min_rtt * NS_PER_US;
}
