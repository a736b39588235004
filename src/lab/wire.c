// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include "base/fd.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NODES_MAX (WIRE_NODES_MAX - 1) /* beside "pods" */
#define PODS_PER_NODE 60000

/* Interfaces by their index. */
#define ETH0 1000
#define FABRIC 1001
#define FIRST_NODE 1 /* + number of the node */
#define INGRESS 99
#define FIRST_POD 2000

/* The last byte but three of a MAC says where its interface is. */
enum side { SIDE_HOME = 1, SIDE_NODE, SIDE_FABRIC, SIDE_NODE_FABRIC, SIDE_POD_HOST, SIDE_POD };

uint32_t wire_address(int a, int b, int c, int d)
{
	return htonl((uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | (uint32_t)d);
}

static struct link_mac wire_mac(enum side side, int n)
{
	return (struct link_mac){{0x02, (uint8_t)side, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* Where this machine's own settings would be inherited. */
static int wire_sysctls(struct err *err)
{
	const char *const settings[][2] = {
		{"ipv4/ip_forward", "1"},
		{"ipv4/conf/all/rp_filter", "0"},
		{"ipv4/conf/default/rp_filter", "0"},
		{"ipv4/conf/all/send_redirects", "0"},
		{"ipv4/conf/default/send_redirects", "0"},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		int rc = netns_sysctl(settings[i][0], settings[i][1], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* In a namespace of its own, or (the first) at home. */
static int wire_base_inside(void *data, struct err *err)
{
	struct link *l = data;
	int rc = wire_sysctls(err);
	if (rc == 0)
		rc = link_init(l, err);
	if (rc < 0)
		return rc;
	link_up(l, LINK_LO);
	return link_flush(l, "bring up the loopback", err);
}

int wire_init(struct wire *w, uv_loop_t *loop, enum wire_gone gone, int64_t rtt_ns, struct err *err)
{
	*w = (struct wire){.loop = loop,
			   .gone = gone,
			   .rtt_ns = rtt_ns,
			   .home = {.fd = -1},
			   .fabric = {.fd = -1},
			   .fabric_netns = -1};
	int rc = wire_base_inside(&w->home, err);
	if (rc == 0)
		rc = netns_create(&w->fabric_netns, err);
	if (rc == 0)
		rc = netns_inside(w->fabric_netns, wire_base_inside, &w->fabric, err);
	return rc;
}

void wire_finish(struct wire *w)
{
	delay_stop(w->delay);
	for (int i = 0; i < w->node_count; i++) {
		struct wire_node *n = &w->nodes[i];
		if (w->rtt_ns) {
			fd_close(&w->delays[i].near);
			fd_close(&w->delays[i].far);
		}
		flows_finish(&n->flows);
		rules_finish(&n->rules);
		link_finish(&n->link);
		fd_close(&n->netns);
	}
	link_finish(&w->home);
	link_finish(&w->fabric);
	fd_close(&w->fabric_netns);
}

/* ---- nodes ---- */

static int wire_node_inside(void *data, struct err *err)
{
	struct wire *w = data;
	struct wire_node *n = &w->nodes[w->node_count];
	int rc = wire_base_inside(&n->link, err);
	if (rc == 0)
		rc = rules_init(&n->rules, err);
	if (rc == 0)
		rc = flows_init(&n->flows, w->loop, err);
	return rc;
}

struct device {
	const char *name;
	int index, *ret_fd;
};

static int wire_device_inside(void *data, struct err *err)
{
	const struct device *d = data;
	return delay_device(d->name, d->index, d->ret_fd, err);
}

/* The client's link: a veth pair, or two TUN devices that a delay will join. */
static int wire_client_link(struct wire *w, struct wire_node *n, struct link_end near, struct link_end far,
			    struct err *err)
{
	if (!w->rtt_ns) {
		link_veth(&w->home, near, n->netns, far);
		link_peer(&w->home, near.index, far.mac);
		return 0;
	}
	struct delay_pair *pair = &w->delays[n - w->nodes];
	struct device d = {far.name, far.index, &pair->far};
	int rc = delay_device(near.name, near.index, &pair->near, err);
	if (rc == 0)
		rc = netns_inside(n->netns, wire_device_inside, &d, err);
	link_up(&w->home, near.index);
	return rc;
}

int wire_start_delay(struct wire *w, struct err *err)
{
	return w->rtt_ns ? delay_start(w->delays, w->node_count, w->rtt_ns / 2, &w->delay, err) : 0;
}

/* From home: the node's own address, its share of the clients, and one default route per node, which a socket takes
 * that is bound to this interface. */
static int wire_connect_home(struct wire *w, struct wire_node *n, int number, uint32_t client, struct err *err)
{
	struct link *l = &w->home;
	int index = FIRST_NODE + number;
	struct link_end near = {n->name, index, wire_mac(SIDE_HOME, number)};
	struct link_end far = {"eth0", ETH0, wire_mac(SIDE_NODE, number)};
	int rc = wire_client_link(w, n, near, far, err);
	if (rc < 0)
		return rc;
	link_address(l, index, client);
	link_route(l, LINK_ROUTE_PEER, n->address, 32, index, client, 0);
	link_route(l, LINK_ROUTE_PEER, 0, 0, index, client, (uint32_t)number);
	return link_flush(l, "connect a node", err);
}

static int wire_connect_fabric(struct wire *w, struct wire_node *n, int number, uint32_t client, uint32_t pods,
			       struct err *err)
{
	struct link *l = &w->fabric;
	int index = FIRST_NODE + number;
	struct link_end near = {n->name, index, wire_mac(SIDE_FABRIC, number)};
	struct link_end far = {"fabric", FABRIC, wire_mac(SIDE_NODE_FABRIC, number)};
	link_veth(l, near, n->netns, far);
	link_up(l, index);
	link_peer(l, index, far.mac);
	link_route(l, LINK_ROUTE_PEER, n->address, 32, index, 0, 0);
	link_route(l, LINK_ROUTE_PEER, client, 32, index, 0, 0);
	link_route(l, LINK_ROUTE_PEER, pods, 16, index, 0, 0);
	return link_flush(l, "connect a node to the fabric", err);
}

/* Inside the node: its own clients at eth0, everything else of the cluster in the fabric, its own pods by their /32. */
static int wire_node_routes(struct wire *w, struct wire_node *n, int number, uint32_t client, uint32_t pods,
			    struct err *err)
{
	struct link *l = &n->link;
	link_up(l, ETH0);
	link_up(l, FABRIC);
	link_address(l, ETH0, n->address);
	if (!w->rtt_ns)
		link_peer(l, ETH0, wire_mac(SIDE_HOME, number));
	link_peer(l, FABRIC, wire_mac(SIDE_FABRIC, number));
	link_route(l, LINK_ROUTE_PEER, 0, 0, ETH0, n->address, 0);
	link_route(l, LINK_ROUTE_PEER, client, 32, ETH0, n->address, 0);
	link_route(l, LINK_ROUTE_PEER, wire_address(10, 64, 0, 0), 10, FABRIC, n->address, 0);
	link_route(l, LINK_ROUTE_PEER, wire_address(10, 128, 0, 0), 9, FABRIC, n->address, 0);
	link_route(l, w->gone == WIRE_GONE_BLACKHOLE ? LINK_ROUTE_BLACKHOLE : LINK_ROUTE_UNREACHABLE, pods, 16, 0, 0,
		   0);
	return link_flush(l, "set a node's routes", err);
}

int wire_add_node(struct wire *w, const char *name, struct err *err)
{
	int number = w->node_count + 1;
	if (number > WIRE_NODES_MAX)
		return err_input(err, "at most %d nodes", NODES_MAX);
	struct wire_node *n = &w->nodes[w->node_count];
	w->delays[w->node_count] = (struct delay_pair){-1, -1};
	*n = (struct wire_node){.netns = -1, .link = {.fd = -1}, .flows = {.fd = -1}};
	snprintf(n->name, sizeof n->name, "%s", name);
	n->address = wire_address(10, 99, 0, number);
	int rc = netns_create(&n->netns, err);
	if (rc == 0)
		rc = netns_inside(n->netns, wire_node_inside, w, err);
	if (rc < 0)
		return rc;
	w->node_count++;
	uint32_t client = wire_address(10, 64, 0, number), pods = wire_address(10, 128 + number, 0, 0);
	rc = wire_connect_home(w, n, number, client, err);
	if (rc == 0)
		rc = wire_connect_fabric(w, n, number, client, pods, err);
	return rc < 0 ? rc : wire_node_routes(w, n, number, client, pods, err);
}

/* ---- the ingress ---- */

static int wire_ingress_inside(void *data, struct err *err)
{
	struct link l;
	int rc = wire_base_inside(&l, err);
	if (rc < 0)
		return rc;
	uint32_t outside = wire_address(10, 64, 1, 1), inside = wire_address(10, 64, 2, 1);
	link_up(&l, ETH0);
	link_up(&l, FABRIC);
	link_address(&l, ETH0, outside);
	link_address(&l, FABRIC, inside);
	link_peer(&l, ETH0, wire_mac(SIDE_HOME, INGRESS));
	link_peer(&l, FABRIC, wire_mac(SIDE_FABRIC, INGRESS));
	link_route(&l, LINK_ROUTE_PEER, 0, 0, ETH0, outside, 0);
	link_route(&l, LINK_ROUTE_PEER, wire_address(10, 128, 0, 0), 9, FABRIC, inside, 0);
	rc = link_flush(&l, "set the ingress' routes", err);
	link_finish(&l);
	return rc;
}

static int wire_connect_ingress(struct link *l, enum side side, int netns, const char *far_name, int far_index,
				enum side far_side, uint32_t client, uint32_t address, struct err *err)
{
	struct link_end near = {"ingress", INGRESS, wire_mac(side, INGRESS)};
	struct link_end far = {far_name, far_index, wire_mac(far_side, INGRESS)};
	link_veth(l, near, netns, far);
	link_address(l, INGRESS, client);
	link_peer(l, INGRESS, far.mac);
	link_route(l, LINK_ROUTE_PEER, address, 32, INGRESS, client, 0);
	return link_flush(l, "connect the ingress", err);
}

int wire_add_ingress(struct wire *w, int *ret_netns, uint32_t *ret_address, struct err *err)
{
	auto_close int netns = -1;
	uint32_t address = wire_address(10, 64, 1, 1);
	int rc = netns_create(&netns, err);
	if (rc == 0)
		rc = wire_connect_ingress(&w->home, SIDE_HOME, netns, "eth0", ETH0, SIDE_NODE,
					  wire_address(10, 64, 1, 2), address, err);
	if (rc == 0)
		rc = wire_connect_ingress(&w->fabric, SIDE_FABRIC, netns, "fabric", FABRIC, SIDE_NODE_FABRIC,
					  wire_address(10, 64, 2, 2), wire_address(10, 64, 2, 1), err);
	if (rc == 0)
		rc = netns_inside(netns, wire_ingress_inside, NULL, err);
	if (rc < 0)
		return rc;
	*ret_netns = steal_fd(&netns);
	*ret_address = address;
	return 0;
}

/* ---- pods ---- */

struct pod_end {
	uint32_t address;
	struct link_mac peer;
};

static int wire_pod_inside(void *data, struct err *err)
{
	const struct pod_end *end = data;
	struct link l;
	int rc = link_init(&l, err);
	if (rc < 0)
		return rc;
	link_up(&l, LINK_LO);
	link_up(&l, ETH0);
	link_address(&l, ETH0, end->address);
	link_peer(&l, ETH0, end->peer);
	link_route(&l, LINK_ROUTE_PEER, 0, 0, ETH0, end->address, 0);
	rc = link_flush(&l, "set up a pod's interface", err);
	link_finish(&l);
	return rc;
}

int wire_plug_pod(struct wire *w, int node, int netns, uint32_t *ret_address, struct err *err)
{
	struct wire_node *n = &w->nodes[node];
	int k = n->pods_made++;
	if (k >= PODS_PER_NODE)
		return err_input(err, "more than %d pods on one node", PODS_PER_NODE);
	char name[IFNAMSIZ];
	snprintf(name, sizeof name, "pod-%d", k);
	uint32_t address = wire_address(10, 129 + node, k / 250, 2 + k % 250);
	struct link_end near = {name, FIRST_POD + k, wire_mac(SIDE_POD_HOST, k)};
	struct link_end far = {"eth0", ETH0, wire_mac(SIDE_POD, k)};
	link_veth(&n->link, near, netns, far);
	link_peer(&n->link, near.index, far.mac);
	link_route(&n->link, LINK_ROUTE_PEER, address, 32, near.index, 0, 0);
	int rc = link_flush(&n->link, "plug a pod into its node", err);
	struct pod_end end = {address, near.mac};
	if (rc == 0)
		rc = netns_inside(netns, wire_pod_inside, &end, err);
	if (rc < 0)
		return rc;
	*ret_address = address;
	return 0;
}

/* Only the route goes: deleting the interface would cost 20 ms, and it goes with the namespace anyway. */
int wire_unplug_pod(struct wire *w, int node, uint32_t address, struct err *err)
{
	struct wire_node *n = &w->nodes[node];
	link_route_delete(&n->link, address, 32, 0);
	return link_flush(&n->link, "unplug a pod", err);
}
