// SPDX-License-Identifier: Apache-2.0
#include "diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_SIZE (32 * 1024)

struct diag_question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

int diag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd == -1)
		return -errno;
	/* The kernel answers while it is asked; this only keeps a surprise from holding us. */
	struct timeval patience = {.tv_sec = 1};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static void diag_take_info(struct diag_socket *s, const void *data, size_t length)
{
	struct tcp_info info = {0};
	memcpy(&info, data, length < sizeof info ? length : sizeof info);
	s->has_info = length >= offsetof(struct tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent;
	s->received_ms = info.tcpi_last_data_recv;
	s->sent_ms = info.tcpi_last_data_sent;
	s->acked_ms = info.tcpi_last_ack_recv;
	s->bytes_received = info.tcpi_bytes_received;
	s->bytes_sent = info.tcpi_bytes_sent;
	s->segments_in = info.tcpi_segs_in;
	s->data_segments_in = info.tcpi_data_segs_in;
}

static struct diag_key diag_key_of(const struct inet_diag_msg *m)
{
	struct diag_key key = {
		.family = m->idiag_family,
		.local_port = ntohs(m->id.idiag_sport),
		.remote_port = ntohs(m->id.idiag_dport),
		.interface = m->id.idiag_if,
		.cookie = {m->id.idiag_cookie[0], m->id.idiag_cookie[1]},
	};
	memcpy(key.local, m->id.idiag_src, sizeof key.local);
	memcpy(key.remote, m->id.idiag_dst, sizeof key.remote);
	return key;
}

/* The message and its attributes, which may lie anywhere as far as the compiler knows: copied out, never cast. */
static int diag_parse_socket(const char *data, size_t length, struct diag_socket *ret_socket)
{
	struct inet_diag_msg m;
	if (length < sizeof m)
		return -EPROTO;
	memcpy(&m, data, sizeof m);
	*ret_socket = (struct diag_socket){
		.key = diag_key_of(&m),
		.state = m.idiag_state,
		.unread = m.idiag_rqueue,
		.unsent = m.idiag_wqueue,
	};
	size_t at = NLMSG_ALIGN(sizeof m);
	struct nlattr a;
	while (at + sizeof a <= length) {
		memcpy(&a, data + at, sizeof a);
		if (a.nla_len < sizeof a || a.nla_len > length - at)
			return -EPROTO;
		if (a.nla_type == INET_DIAG_INFO)
			diag_take_info(ret_socket, data + at + NLA_HDRLEN, a.nla_len - NLA_HDRLEN);
		at += NLA_ALIGN(a.nla_len);
	}
	return 0;
}

static int diag_parse_error(const char *data, size_t length)
{
	struct nlmsgerr e;
	if (length < sizeof e.error)
		return -EPROTO;
	memcpy(&e.error, data, sizeof e.error);
	return e.error < 0 && e.error > -4096 ? e.error : -EPROTO;
}

int diag_parse(const void *data, size_t length, diag_each *each, void *each_data)
{
	const char *bytes = data;
	struct nlmsghdr h;
	for (size_t at = 0; at + sizeof h <= length; at += NLMSG_ALIGN(h.nlmsg_len)) {
		memcpy(&h, bytes + at, sizeof h);
		if (h.nlmsg_len < sizeof h || h.nlmsg_len > length - at)
			return -EPROTO;
		const char *payload = bytes + at + NLMSG_HDRLEN;
		size_t size = h.nlmsg_len - NLMSG_HDRLEN;
		if (h.nlmsg_type == NLMSG_DONE)
			return 1;
		if (h.nlmsg_type == NLMSG_ERROR)
			return diag_parse_error(payload, size);
		struct diag_socket s;
		int rc = diag_parse_socket(payload, size, &s);
		if (rc < 0)
			return rc;
		each(&s, each_data);
		if (!(h.nlmsg_flags & NLM_F_MULTI))
			return 1;
	}
	return 0;
}

static int diag_ask(int fd, const struct diag_question *question, diag_each *each, void *data)
{
	static _Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
	if (send(fd, question, sizeof *question, 0) == -1)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, answer, sizeof answer, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		int rc = diag_parse(answer, (size_t)n, each, data);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
}

static struct diag_question diag_question(int family, unsigned states, unsigned flags)
{
	return (struct diag_question){
		.header = {.nlmsg_len = sizeof(struct diag_question),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
		.request = {.sdiag_family = (uint8_t)family,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_ext = 1 << (INET_DIAG_INFO - 1),
			    .idiag_states = states},
	};
}

int diag_dump(int fd, int family, unsigned states, diag_each *each, void *data)
{
	struct diag_question q = diag_question(family, states, NLM_F_DUMP);
	return diag_ask(fd, &q, each, data);
}

struct diag_found {
	struct diag_socket *socket;
	bool is_there;
};

static void diag_take_found(const struct diag_socket *s, void *data)
{
	struct diag_found *found = data;
	*found->socket = *s;
	found->is_there = true;
}

int diag_look(int fd, const struct diag_key *key, struct diag_socket *ret_socket)
{
	struct diag_question q = diag_question(key->family, ~0u, 0);
	q.request.id = (struct inet_diag_sockid){
		.idiag_sport = htons(key->local_port),
		.idiag_dport = htons(key->remote_port),
		.idiag_if = key->interface,
		.idiag_cookie = {key->cookie[0], key->cookie[1]},
	};
	memcpy(q.request.id.idiag_src, key->local, sizeof key->local);
	memcpy(q.request.id.idiag_dst, key->remote, sizeof key->remote);
	struct diag_found found = {ret_socket, false};
	int rc = diag_ask(fd, &q, diag_take_found, &found);
	return rc < 0 ? rc : found.is_there ? 0 : -ENOENT;
}
