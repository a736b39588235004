/* rules.h - Service VIPs as nftables rules, of the shape that kube-proxy's nftables mode writes.
 *
 * One table per namespace. Every change is one buffer and so one atomic step; connections that exist stay pinned to
 * their pod by conntrack, and each new one is logged with its pod (flows.h). Each service port has a chain that picks
 * an endpoint at random, or rejects when there is none.
 */
#ifndef LAB_RULES_H
#define LAB_RULES_H

#include "base/err.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct nft_ctx;

struct rules {
	struct nft_ctx *nft; /* its socket belongs to the namespace that it was made in */
	struct text script;
};

struct rules_endpoint {
	uint32_t address; /* network order */
	uint16_t port;    /* host order */
};

/* In the namespace that we are in. Early: libnftables cannot take a descriptor of 1024 or above. */
int rules_init(struct rules *r, struct err *err) __attribute__((warn_unused_result));
void rules_finish(struct rules *r);

/* `id` names the service port and stays the same; `address` is the VIP (0: `node_port` only). */
int rules_add_service(struct rules *r, int id, uint32_t address, uint16_t port, uint16_t node_port, struct err *err)
	__attribute__((warn_unused_result));
int rules_set_endpoints(struct rules *r, int id, const struct rules_endpoint *endpoints, size_t count, struct err *err)
	__attribute__((warn_unused_result));

#endif
