/* wire.h - who is connected to whom.
 *
 *            home (the lab's own namespace: the clients are here)
 *      ┌───────┼──────────────┬────────────────┐
 *   node-1   node-2   …     pods             ingress (nginx)
 *   VIPs, conntrack         (only when asked for)
 *    │ └─ pod, pod, …         │                │
 *    └─────────┴───── fabric ─┴────────────────┘
 *
 * A client's connection enters the cluster by the node whose interface it is bound to, so each node's rules, as old as
 * they may be, see their share; its answers come back the same way, through the fabric when the pod is on another node.
 * "pods" is a data plane that balances straight to pod addresses, as a client-side or cloud load balancer does.
 * Addresses: client 10.64.0.N, node 10.99.0.N, ingress 10.64.1.1 and 10.64.2.1, pods of node N 10.(128+N).0.0/16.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include "base/err.h"
#include "delay.h"
#include "flows.h"
#include "link.h"
#include "rules.h"

#include <net/if.h>
#include <stdint.h>
#include <uv.h>

#define WIRE_NODES_MAX 33 /* 32 nodes and "pods" */

/* What becomes of packets to a pod that is gone: what its CNI left behind. */
enum wire_gone { WIRE_GONE_UNREACHABLE = 0, WIRE_GONE_BLACKHOLE };

struct wire_node {
	char name[IFNAMSIZ]; /* also of the interfaces that lead to it */
	int netns;
	uint32_t address;
	struct link link;
	struct rules rules;
	struct flows flows;
	int pods_made;
};

struct wire {
	uv_loop_t *loop;
	struct link home;
	struct link fabric;
	int fabric_netns;
	struct wire_node nodes[WIRE_NODES_MAX];
	int node_count;
	enum wire_gone gone;
	int64_t rtt_ns; /* 0: veth, else TUN devices with a delay between home and the nodes */
	struct delay_pair delays[WIRE_NODES_MAX];
	pid_t delay;
};

uint32_t wire_address(int a, int b, int c, int d); /* network order */

int wire_init(struct wire *w, uv_loop_t *loop, enum wire_gone gone, int64_t rtt_ns, struct err *err)
	__attribute__((warn_unused_result));
void wire_finish(struct wire *w);

/* The next node, at index node_count. */
int wire_add_node(struct wire *w, const char *name, struct err *err) __attribute__((warn_unused_result));
/* After the last node: packets to and from the clients take their time from now on. */
int wire_start_delay(struct wire *w, struct err *err) __attribute__((warn_unused_result));
/* A namespace for the ingress, with its address. */
int wire_add_ingress(struct wire *w, int *ret_netns, uint32_t *ret_address, struct err *err)
	__attribute__((warn_unused_result));

/* Plugs a pod's namespace into a node. */
int wire_plug_pod(struct wire *w, int node, int netns, uint32_t *ret_address, struct err *err)
	__attribute__((warn_unused_result));
/* The sandbox goes: packets to it find no way any more. */
int wire_unplug_pod(struct wire *w, int node, uint32_t address, struct err *err) __attribute__((warn_unused_result));

#endif
