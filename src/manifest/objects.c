// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include "metadata.h"

#include <string.h>

bool labels_match(const struct labels *selector, const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		const char *value = labels_find(labels, selector->items[i].key);
		if (!value || strcmp(value, selector->items[i].value) != 0)
			return false;
	}
	return selector->count > 0;
}

int64_t int_or_string_pods(const struct int_or_string *v, int64_t replicas, bool round_up)
{
	if (v->is_name)
		return 0;
	if (!v->is_percent)
		return v->number;
	return (v->number * replicas + (round_up ? 99 : 0)) / 100;
}

static int64_t container_port(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->port_count; i++)
		if (!strcmp(c->ports[i].name, name))
			return c->ports[i].port;
	return 0;
}

int64_t pod_port(const struct pod_spec *pod, const struct int_or_string *port)
{
	if (!port->is_name)
		return port->number;
	int64_t number = 0;
	for (size_t i = 0; !number && i < pod->container_count; i++)
		number = container_port(&pod->containers[i], port->name);
	for (size_t i = 0; !number && i < pod->init_container_count; i++)
		if (pod->init_containers[i].is_sidecar)
			number = container_port(&pod->init_containers[i], port->name);
	return number;
}
