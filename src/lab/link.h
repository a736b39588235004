/* link.h - interfaces, addresses and routes by rtnetlink, in batches: queue messages, then one flush sends them all.
 *
 * Everything is routed, nothing bridged: each veth end knows its peer by a fixed link-local address and a permanent
 * neighbour entry, so no ARP and no bridge rules come into play. Addresses are IPv4 in network order.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_BATCH 16384

struct link {
	int fd;
	uint32_t sequence;
	int waiting; /* messages queued */
	size_t used;
	int64_t batch[LINK_BATCH / sizeof(int64_t)]; /* aligned */
};

struct link_mac {
	uint8_t bytes[6];
};

enum link_route { LINK_ROUTE_PEER = 0, LINK_ROUTE_UNREACHABLE, LINK_ROUTE_BLACKHOLE };

/* In the namespace that we are in. */
int link_init(struct link *l, struct err *err) __attribute__((warn_unused_result));
void link_finish(struct link *l);

/* One end of a veth pair. Indices are ours to choose, so that all that follows can go into the same batch. */
struct link_end {
	const char *name;
	int index;
	struct link_mac mac;
};
#define LINK_LO 1

/* `near` here, `far` in the namespace `far_netns`, still down. */
void link_veth(struct link *l, struct link_end near, int far_netns, struct link_end far);
void link_up(struct link *l, int index);
void link_delete(struct link *l, const char *name);
void link_address(struct link *l, int index, uint32_t address); /* /32 */
/* What lies at the other end of `index` has this MAC; routes by LINK_ROUTE_PEER go there. */
void link_peer(struct link *l, int index, struct link_mac mac);
/* `source` 0: the kernel picks. `metric` tells several routes to the same place apart. Unreachable and blackhole routes
 * take no index. */
void link_route(struct link *l, enum link_route kind, uint32_t destination, int length, int index, uint32_t source,
		uint32_t metric);
void link_route_delete(struct link *l, uint32_t destination, int length, uint32_t metric);

/* Sends what is queued and reads every answer. `what` stands in the message. */
int link_flush(struct link *l, const char *what, struct err *err) __attribute__((warn_unused_result));

#endif
