// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <string.h>

#define SCRIPT_MAX (64 << 20)

static const char base_rules[] =
	"table ip kube-proxy {\n"
	"	map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }\n"
	"	map service-nodeports { type inet_proto . inet_service : verdict; }\n"
	"	map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }\n"
	"	map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }\n"
	"	chain reject-chain { reject with icmp port-unreachable; }\n"
	"	chain mark-for-masquerade { meta mark set mark or 0x4000; }\n"
	"	chain services {\n"
	"		ip daddr . meta l4proto . th dport vmap @service-ips\n"
	"		fib daddr type local meta l4proto . th dport vmap @service-nodeports\n"
	"	}\n"
	"	chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }\n"
	"	chain nat-output { type nat hook output priority -100; policy accept; jump services; }\n"
	"	chain nat-postrouting {\n"
	"		type nat hook postrouting priority srcnat; policy accept;\n"
	"		mark and 0x4000 != 0 meta mark set mark xor 0x4000 masquerade fully-random\n"
	"	}\n"
	"	chain service-endpoints-check {\n"
	"		ip daddr . meta l4proto . th dport vmap @no-endpoint-services\n"
	"		fib daddr type local meta l4proto . th dport vmap @no-endpoint-nodeports\n"
	"	}\n"
	"	chain filter-input { type filter hook input priority -110; policy accept; ct state new jump "
	"service-endpoints-check; }\n"
	"	chain filter-forward { type filter hook forward priority -110; policy accept; ct state new jump "
	"service-endpoints-check; }\n"
	"	chain filter-output { type filter hook output priority -110; policy accept; ct state new jump "
	"service-endpoints-check; }\n"
	"}\n";

static int rules_run(struct rules *r, const char *what, struct err *err)
{
	int rc = nft_run_cmd_from_buffer(r->nft, text_str(&r->script));
	text_reset(&r->script);
	if (rc == 0)
		return 0;
	const char *why = nft_ctx_get_error_buffer(r->nft);
	return err_system(err, 0, "nftables refuses to %s: %.*s", what, (int)strcspn(why, "\n"), why);
}

int rules_init(struct rules *r, struct err *err)
{
	*r = (struct rules){.script = TEXT_INIT(SCRIPT_MAX), .nft = nft_ctx_new(NFT_CTX_DEFAULT)};
	if (!r->nft)
		return err_system(err, ENOMEM, "cannot start libnftables");
	(void)nft_ctx_buffer_error(r->nft);
	(void)nft_ctx_buffer_output(r->nft);
	text_add(&r->script, base_rules);
	return rules_run(r, "load the service table", err);
}

void rules_finish(struct rules *r)
{
	if (r->nft)
		nft_ctx_free(r->nft);
	r->nft = NULL;
	text_finish(&r->script);
}

static const char *show(uint32_t address)
{
	return inet_ntoa((struct in_addr){.s_addr = address});
}

int rules_add_service(struct rules *r, int id, uint32_t address, uint16_t port, uint16_t node_port, struct err *err)
{
	struct text *s = &r->script;
	text_printf(s, "add chain ip kube-proxy service-%d\n", id);
	text_printf(s, "add chain ip kube-proxy none-%d\nadd rule ip kube-proxy none-%d goto reject-chain\n", id, id);
	if (address) {
		text_printf(s, "add element ip kube-proxy service-ips { %s . tcp . %u : goto service-%d }\n",
			    show(address), port, id);
		text_printf(s, "add element ip kube-proxy no-endpoint-services { %s . tcp . %u : goto none-%d }\n",
			    show(address), port, id);
	}
	if (node_port) {
		text_printf(s, "add element ip kube-proxy service-nodeports { tcp . %u : goto service-%d }\n",
			    node_port, id);
		text_printf(s, "add element ip kube-proxy no-endpoint-nodeports { tcp . %u : goto none-%d }\n",
			    node_port, id);
	}
	return rules_run(r, "add a service", err);
}

/* What is translated no longer carries the VIP when the filter hooks see it, so none-N only meets new connections that
 * found no endpoint: it can stay in place. */
int rules_set_endpoints(struct rules *r, int id, const struct rules_endpoint *endpoints, size_t count, struct err *err)
{
	struct text *s = &r->script;
	text_printf(s, "flush chain ip kube-proxy service-%d\n", id);
	for (size_t i = 0; i < count; i++) {
		const char *address = show(endpoints[i].address);
		/* A pod that calls its own service needs its source rewritten, or the answer would not come back this
		 * way. */
		text_printf(s,
			    "add chain ip kube-proxy endpoint-%d-%s-%u\nflush chain ip kube-proxy endpoint-%d-%s-%u\n"
			    "add rule ip kube-proxy endpoint-%d-%s-%u ip saddr %s jump mark-for-masquerade\n"
			    "add rule ip kube-proxy endpoint-%d-%s-%u log prefix \"%s\" group %d\n"
			    "add rule ip kube-proxy endpoint-%d-%s-%u meta l4proto tcp dnat to %s:%u\n",
			    id, address, endpoints[i].port, id, address, endpoints[i].port, id, address,
			    endpoints[i].port, address, id, address, endpoints[i].port, address, FLOWS_GROUP, id,
			    address, endpoints[i].port, address, endpoints[i].port);
	}
	if (count)
		text_printf(s, "add rule ip kube-proxy service-%d numgen random mod %zu vmap {", id, count);
	for (size_t i = 0; i < count; i++)
		text_printf(s, "%s %zu : goto endpoint-%d-%s-%u", i ? "," : "", i, id, show(endpoints[i].address),
			    endpoints[i].port);
	if (count)
		text_add(s, " }\n");
	return rules_run(r, "set endpoints", err);
}
