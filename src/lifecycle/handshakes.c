// SPDX-License-Identifier: Apache-2.0
#include "handshakes.h"

#include "base/fd.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define TCP_FLAGS_AT 13
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10

int lameduck_handshakes_hold(int fd)
{
	/* The filter of a TCP socket sees the packet from the TCP header on. */
	struct sock_filter drop_syn[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_AT),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_FLAG_SYN | TCP_FLAG_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_FLAG_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {sizeof drop_syn / sizeof *drop_syn, drop_syn};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == -1 ? -errno : 0;
}

int lameduck_handshakes_port(int fd, uint16_t *ret_port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length = sizeof address;
	if (getsockname(fd, &address.any, &length) == -1)
		return -errno;
	if (address.any.sa_family != AF_INET && address.any.sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	*ret_port = address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port;
	return 0;
}

/* Counts the entries of one datagram; *ret_done once the dump has ended. */
static int count_part(const char *data, size_t length, uint16_t port, bool *ret_done)
{
	int count = 0;
	for (const struct nlmsghdr *h = (const void *)data; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		if (h->nlmsg_type == NLMSG_DONE) {
			*ret_done = true;
			break;
		}
		const struct inet_diag_msg *m = NLMSG_DATA(h);
		count += m->id.idiag_sport == port;
	}
	return count;
}

static int count_dump(int diag, const void *ask, size_t length, uint16_t port)
{
	if (send(diag, ask, length, 0) == -1)
		return -errno;
	int count = 0;
	for (bool done = false; !done;) {
		_Alignas(struct nlmsghdr) char part[32 * 1024];
		ssize_t n = recv(diag, part, sizeof part, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		int more = count_part(part, (size_t)n, port, &done);
		if (more < 0)
			return more;
		count += more;
	}
	return count;
}

static int count_family(int diag, int family, uint16_t port)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} ask = {
		.header = {.nlmsg_len = sizeof ask,
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.request = {.sdiag_family = (uint8_t)family,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_states = 1 << TCP_SYN_RECV,
			    .id = {.idiag_sport = port}},
	};
	return count_dump(diag, &ask, sizeof ask, port);
}

/* The request of before families had to be named gives both in one walk of the table: half the time. */
static int count_both(int diag, uint16_t port)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req request;
	} ask = {
		.header = {.nlmsg_len = sizeof ask,
			   .nlmsg_type = TCPDIAG_GETSOCK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.request = {.idiag_states = 1 << TCP_SYN_RECV, .id = {.idiag_sport = port}},
	};
	return count_dump(diag, &ask, sizeof ask, port);
}

int lameduck_handshakes_count(uint16_t port)
{
	auto_close int diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (diag == -1)
		return -errno;
	/* The kernel answers while it is asked; this only keeps a surprise from holding the loop. */
	struct timeval patience = {.tv_sec = 1};
	(void)setsockopt(diag, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	/* A listener on IPv6 takes IPv4 too, and those handshakes are listed as IPv4's. */
	int both = count_both(diag, port);
	if (both >= 0)
		return both;
	int v4 = count_family(diag, AF_INET, port);
	if (v4 < 0)
		return v4;
	int v6 = count_family(diag, AF_INET6, port);
	return v6 == -ENOENT ? v4 : v6 < 0 ? v6 : v4 + v6;
}
