// SPDX-License-Identifier: Apache-2.0
#include "flows.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <sys/socket.h>

#define COPY_BYTES 64 /* of each packet: the IP header and the ports */

/* The client's port in an IPv4 packet to TCP; 0 when it is none. */
static uint16_t packet_port(const unsigned char *packet, size_t length)
{
	size_t header = length ? (packet[0] & 0xfu) * 4 : 0;
	if (length < header + 2 || header < sizeof(struct iphdr) || packet[9] != IPPROTO_TCP)
		return 0;
	return (uint16_t)(packet[header] << 8 | packet[header + 1]);
}

static void flows_add(struct flows *f, uint32_t pod, uint16_t port)
{
	if (f->count == f->capacity) {
		f->capacity = f->capacity ? f->capacity * 2 : 1024;
		f->items = memory_resize(f->items, f->capacity, sizeof *f->items);
	}
	f->items[f->count++] = (struct flow){clock_ns(), pod, port};
}

static int flows_message(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *attr;
	uint32_t pod = 0;
	uint16_t port = 0;
	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFULA_PREFIX)
			pod = inet_addr(mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == NFULA_PAYLOAD)
			port = packet_port(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	}
	if (pod && port)
		flows_add(data, pod, port);
	return MNL_CB_OK;
}

void flows_read(struct flows *f)
{
	static int64_t buffer[8192];
	for (;;) {
		ssize_t n = recv(f->fd, buffer, sizeof buffer, MSG_DONTWAIT);
		if (n == -1 && errno == ENOBUFS) {
			f->missed++;
			continue;
		}
		if (n <= 0)
			return;
		(void)mnl_cb_run(buffer, (size_t)n, 0, 0, flows_message, f);
	}
}

static void flows_readable(uv_poll_t *poll, int status, int events)
{
	flows_read(poll->data);
}

/* Take over the group; each packet at once, and only its head. */
static int flows_bind(int fd, struct err *err)
{
	char message[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(message);
	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	struct nfgenmsg *to = mnl_nlmsg_put_extra_header(h, sizeof *to);
	*to = (struct nfgenmsg){.nfgen_family = AF_INET, .version = NFNETLINK_V0, .res_id = htons(FLOWS_GROUP)};
	struct nfulnl_msg_config_cmd bind_command = {NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {.copy_range = htonl(COPY_BYTES), .copy_mode = NFULNL_COPY_PACKET};
	mnl_attr_put(h, NFULA_CFG_CMD, sizeof bind_command, &bind_command);
	mnl_attr_put(h, NFULA_CFG_MODE, sizeof mode, &mode);
	mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(1));
	if (send(fd, h, h->nlmsg_len, 0) == -1)
		return err_system(err, errno, "cannot ask for packet logs");
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	ssize_t n = recv(fd, &answer, sizeof answer, 0);
	if (n < (ssize_t)sizeof answer || answer.error.error)
		return err_system(err, n == -1 ? errno : -answer.error.error, "packet logs (NFLOG) are refused");
	return 0;
}

int flows_init(struct flows *f, uv_loop_t *loop, struct err *err)
{
	*f = (struct flows){.fd = -1};
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd == -1)
		return err_system(err, errno, "cannot open netfilter's netlink");
	int rc = flows_bind(fd, err);
	if (rc < 0)
		return rc;
	int size = 8 << 20;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	rc = uv_poll_init(loop, &f->poll, fd);
	if (rc < 0)
		return err_system(err, -rc, "cannot poll netfilter's netlink");
	f->poll.data = f;
	f->fd = steal_fd(&fd);
	uv_poll_start(&f->poll, UV_READABLE, flows_readable);
	return 0;
}

void flows_finish(struct flows *f)
{
	if (f->fd == -1)
		return;
	uv_close((uv_handle_t *)&f->poll, NULL);
	fd_close(&f->fd);
	free(f->items);
	f->items = NULL;
}

uint32_t flows_pod(const struct flows *f, uint16_t client_port, int64_t from_ns, int64_t to_ns)
{
	uint32_t later = 0;
	for (size_t i = f->count; i > 0 && f->items[i - 1].at_ns >= from_ns; i--) {
		if (f->items[i - 1].client_port != client_port)
			continue;
		if (f->items[i - 1].at_ns <= to_ns)
			return f->items[i - 1].pod_address;
		later = f->items[i - 1].pod_address;
	}
	return later;
}
