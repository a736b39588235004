// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#define PEER_ADDRESS "169.254.1.1"
#define MESSAGE_MAX 512

int link_init(struct link *l, struct err *err)
{
	*l = (struct link){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
	return l->fd == -1 ? err_system(err, errno, "cannot open rtnetlink") : 0;
}

void link_finish(struct link *l)
{
	fd_close(&l->fd);
}

static struct nlmsghdr *link_begin(struct link *l, uint16_t type, uint16_t flags)
{
	assert(l->used + MESSAGE_MAX <= sizeof l->batch);
	struct nlmsghdr *h = mnl_nlmsg_put_header((char *)l->batch + l->used);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = ++l->sequence;
	return h;
}

static void link_end(struct link *l, struct nlmsghdr *h)
{
	l->used += MNL_ALIGN(h->nlmsg_len);
	l->waiting++;
}

void link_veth(struct link *l, struct link_end near, int far_netns, struct link_end far)
{
	struct nlmsghdr *h = link_begin(l, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ifi_index = near.index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, near.name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof near.mac.bytes, near.mac.bytes);
	struct nlattr *kind = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	/* The peer must not carry IFF_UP here: it is refused in another namespace. */
	struct ifinfomsg *peer_info = mnl_nlmsg_put_extra_header(h, sizeof *peer_info);
	peer_info->ifi_index = far.index;
	mnl_attr_put_strz(h, IFLA_IFNAME, far.name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof far.mac.bytes, far.mac.bytes);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)far_netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, kind);
	link_end(l, h);
}

void link_up(struct link *l, int index)
{
	struct nlmsghdr *h = link_begin(l, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ifi_index = index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	link_end(l, h);
}

void link_delete(struct link *l, const char *name)
{
	struct nlmsghdr *h = link_begin(l, RTM_DELLINK, 0);
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	link_end(l, h);
}

void link_address(struct link *l, int index, uint32_t address)
{
	struct nlmsghdr *h = link_begin(l, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ifa_family = AF_INET;
	info->ifa_prefixlen = 32;
	info->ifa_index = (unsigned)index;
	mnl_attr_put_u32(h, IFA_LOCAL, address);
	mnl_attr_put_u32(h, IFA_ADDRESS, address);
	link_end(l, h);
}

void link_peer(struct link *l, int index, struct link_mac mac)
{
	struct nlmsghdr *h = link_begin(l, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ndm_family = AF_INET;
	info->ndm_ifindex = index;
	info->ndm_state = NUD_PERMANENT;
	mnl_attr_put_u32(h, NDA_DST, inet_addr(PEER_ADDRESS));
	mnl_attr_put(h, NDA_LLADDR, sizeof mac.bytes, mac.bytes);
	link_end(l, h);
}

static struct nlmsghdr *link_route_begin(struct link *l, uint16_t type, uint16_t flags, uint32_t destination,
					 int length, uint32_t metric)
{
	struct nlmsghdr *h = link_begin(l, type, flags);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->rtm_family = AF_INET;
	info->rtm_dst_len = (unsigned char)length;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_BOOT;
	info->rtm_type = RTN_UNICAST;
	if (length)
		mnl_attr_put_u32(h, RTA_DST, destination);
	if (metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, metric);
	return h;
}

void link_route(struct link *l, enum link_route kind, uint32_t destination, int length, int index, uint32_t source,
		uint32_t metric)
{
	struct nlmsghdr *h = link_route_begin(l, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, destination, length, metric);
	struct rtmsg *info = mnl_nlmsg_get_payload(h);
	if (kind == LINK_ROUTE_PEER) {
		info->rtm_flags = RTNH_F_ONLINK;
		mnl_attr_put_u32(h, RTA_GATEWAY, inet_addr(PEER_ADDRESS));
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
		if (source)
			mnl_attr_put_u32(h, RTA_PREFSRC, source);
	} else {
		info->rtm_type = kind == LINK_ROUTE_UNREACHABLE ? RTN_UNREACHABLE : RTN_BLACKHOLE;
	}
	link_end(l, h);
}

void link_route_delete(struct link *l, uint32_t destination, int length, uint32_t metric)
{
	struct nlmsghdr *h = link_route_begin(l, RTM_DELROUTE, 0, destination, length, metric);
	link_end(l, h);
}

int link_flush(struct link *l, const char *what, struct err *err)
{
	static int64_t answer[4096];
	int left = l->waiting, failed = 0;
	ssize_t sent = send(l->fd, l->batch, l->used, 0);
	int number = errno;
	l->used = 0;
	l->waiting = 0;
	if (sent == -1)
		return err_system(err, number, "cannot send to rtnetlink (%s)", what);
	while (left > 0) {
		ssize_t n = recv(l->fd, answer, sizeof answer, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_system(err, errno, "no answer from rtnetlink (%s)", what);
		int rest = (int)n;
		for (struct nlmsghdr *h = (struct nlmsghdr *)answer; mnl_nlmsg_ok(h, rest);
		     h = mnl_nlmsg_next(h, &rest)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
			left--;
			if (e->error && !failed)
				failed = -e->error;
		}
	}
	return failed ? err_system(err, failed, "cannot %s", what) : 0;
}
