// SPDX-License-Identifier: Apache-2.0
#include "arena.h"
#include "manifest.h"
#include "object.h"

#include <inttypes.h>
#include <string.h>

#define PORTS_MAX 1000 /* ports are compared with each other */

struct service_fields {
	const char *type, *clusterIP, *externalName, *externalTrafficPolicy, *sessionAffinity;
	const struct node *selector, *ports;
	bool publishNotReadyAddresses;
};

static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName", NULL};
static const char *const policies[] = {"Cluster", "Local", NULL};
static const char *const affinities[] = {"None", "ClientIP", NULL};
static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

static const struct field service_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct service_fields, type), .words = types},
	{FIELD_TEXT, FIELD_AT(struct service_fields, clusterIP)},
	{FIELD_TEXT, FIELD_AT(struct service_fields, externalName)},
	{FIELD_TEXT, FIELD_AT(struct service_fields, externalTrafficPolicy), .words = policies},
	{FIELD_TEXT, FIELD_AT(struct service_fields, sessionAffinity), .words = affinities},
	{FIELD_NODE, FIELD_AT(struct service_fields, selector)},
	{FIELD_NODE, FIELD_AT(struct service_fields, ports)},
	{FIELD_SWITCH, FIELD_AT(struct service_fields, publishNotReadyAddresses)},
	{FIELD_IGNORED, .name = "allocateLoadBalancerNodePorts"},
	{FIELD_IGNORED, .name = "clusterIPs"},
	{FIELD_IGNORED, .name = "externalIPs"},
	{FIELD_IGNORED, .name = "healthCheckNodePort"},
	{FIELD_IGNORED, .name = "internalTrafficPolicy"},
	{FIELD_IGNORED, .name = "ipFamilies"},
	{FIELD_IGNORED, .name = "ipFamily"},
	{FIELD_IGNORED, .name = "ipFamilyPolicy"},
	{FIELD_IGNORED, .name = "loadBalancerClass"},
	{FIELD_IGNORED, .name = "loadBalancerIP"},
	{FIELD_IGNORED, .name = "loadBalancerSourceRanges"},
	{FIELD_IGNORED, .name = "sessionAffinityConfig"},
	{FIELD_IGNORED, .name = "topologyKeys"},
	{FIELD_IGNORED, .name = "trafficDistribution"},
	{0},
};
static const struct level service_level = {.what = "a Service's spec", .fields = service_fields};

struct port_fields {
	const char *name, *protocol;
	int64_t port, nodePort;
	struct int_or_string targetPort;
};

static const struct field port_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct port_fields, name), .form = &form_label},
	{FIELD_TEXT, FIELD_AT(struct port_fields, protocol), .words = protocols},
	{FIELD_NUMBER, FIELD_AT(struct port_fields, port), .is_required = true, .low = 1, .high = UINT16_MAX},
	{FIELD_NUMBER, FIELD_AT(struct port_fields, nodePort), .high = UINT16_MAX},
	{FIELD_PORT, FIELD_AT(struct port_fields, targetPort)},
	{FIELD_IGNORED, .name = "appProtocol"},
	{0},
};
static const struct level port_level = {.what = "a port", .fields = port_fields};

/* What must hold between one port and those before it. */
static int port_check(struct reader *r, const struct node *n, const struct service *s, const struct service_port *p)
{
	if (p->node_port && !strcmp(s->type, "ClusterIP"))
		return fields_fail(r, node_find(n, "nodePort"), "nodePort: not allowed when the type is ClusterIP");
	for (size_t i = 0; i < s->port_count; i++) {
		const struct service_port *other = &s->ports[i];
		if (*p->name && !strcmp(other->name, p->name))
			return fields_fail(r, n, "two ports are named '%s' (the other is at line %d)", p->name,
					   other->place.line);
		if (other->port == p->port && !strcmp(other->protocol, p->protocol))
			return fields_fail(r, n, "port %" PRId64 " is given twice (first at line %d)", p->port,
					   other->place.line);
	}
	return 0;
}

static int port_read(struct reader *r, const struct node *n, bool needs_name, struct service *s)
{
	struct port_fields in = {.name = "", .protocol = "TCP", .targetPort.name = ""};
	int rc = fields_read(r, n, &port_level, &in);
	if (rc < 0)
		return rc;
	if (needs_name && !*in.name)
		return fields_fail(r, n, "a port needs name when there are several");
	if (!in.targetPort.is_name && !in.targetPort.number)
		in.targetPort.number = in.port;
	const struct service_port port = {
		.name = in.name,
		.port = in.port,
		.target_port = in.targetPort,
		.node_port = in.nodePort,
		.protocol = in.protocol,
		.place = fields_place(r, n),
	};
	rc = port_check(r, n, s, &port);
	s->ports[s->port_count++] = port;
	return rc;
}

static int ports_read(struct reader *r, const struct node *list, struct service *s)
{
	int rc = fields_expect(r, list, NODE_LIST, "ports");
	if (rc == 0 && list->count > PORTS_MAX)
		return fields_fail(r, list, "more than %d ports", PORTS_MAX);
	s->ports = arena_new(r->m->memory, rc == 0 ? list->count : 0, sizeof *s->ports);
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = port_read(r, list->items[i], list->count > 1, s);
	return rc;
}

static int service_check(struct reader *r, const struct object *o, const struct service_fields *in,
			 const struct service *s)
{
	bool is_external = !strcmp(s->type, "ExternalName"), is_headless = !strcmp(in->clusterIP, "None");
	if (!s->port_count && !is_external && !is_headless)
		return fields_fail(r, o->spec, "a Service's spec needs ports");
	if (is_external && !*in->externalName)
		return fields_fail(r, o->spec, "a Service of type ExternalName needs externalName");
	const struct node *policy = node_find(o->spec, "externalTrafficPolicy");
	bool has_nodes =
		!strcmp(s->type, "NodePort") || !strcmp(s->type, "LoadBalancer") || node_find(o->spec, "externalIPs");
	if (*in->externalTrafficPolicy && !has_nodes)
		return fields_fail(r, policy, "externalTrafficPolicy: only for the types NodePort and LoadBalancer");
	if (is_headless)
		fields_note(
			r, node_find(o->spec, "clusterIP"),
			"clusterIP: clients of a headless Service choose a pod by DNS, not through the node's rules");
	return 0;
}

int service_read(struct reader *r, const struct object *o)
{
	struct service_fields in = {
		.type = "ClusterIP",
		.clusterIP = "",
		.externalName = "",
		.externalTrafficPolicy = "",
		.sessionAffinity = "None",
	};
	struct service s = {.name = o->metadata.name, .namespace = o->namespace};
	int rc = fields_read(r, o->spec, &service_level, &in);
	if (rc < 0)
		return rc;
	s.type = in.type;
	s.local_traffic_only = !strcmp(in.externalTrafficPolicy, "Local");
	s.session_affinity = !strcmp(in.sessionAffinity, "ClientIP");
	s.publish_not_ready = in.publishNotReadyAddresses;
	s.place = fields_place(r, o->node);
	if (in.selector)
		rc = labels_read(r, in.selector, "selector", &form_label_value, &s.selector);
	if (rc == 0 && in.ports)
		rc = ports_read(r, in.ports, &s);
	if (rc == 0)
		rc = service_check(r, o, &in, &s);
	if (rc < 0)
		return rc;
	struct manifest *m = r->m;
	m->services = arena_grow(m->memory, m->services, m->service_count, sizeof s);
	m->services[m->service_count++] = s;
	return 0;
}
