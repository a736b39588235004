// SPDX-License-Identifier: Apache-2.0
#include "container.h"

#include "arena.h"
#include "env.h"
#include "levels.h"
#include "manifest.h"
#include "probe.h"

#include <string.h>

struct container_fields {
	const char *name, *image, *workingDir, *restartPolicy;
	char **command, **args;
	const struct node *env, *ports, *lifecycle, *startupProbe, *readinessProbe, *livenessProbe;
};

static const char *const restart_policies[] = {"Always", "OnFailure", "Never", NULL};

static const struct field container_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct container_fields, name), .is_required = true, .form = &form_label},
	{FIELD_TEXT, FIELD_AT(struct container_fields, image)},
	{FIELD_TEXT, FIELD_AT(struct container_fields, workingDir)},
	{FIELD_TEXT, FIELD_AT(struct container_fields, restartPolicy), .words = restart_policies},
	{FIELD_TEXTS, FIELD_AT(struct container_fields, command)},
	{FIELD_TEXTS, FIELD_AT(struct container_fields, args)},
	{FIELD_NODE, FIELD_AT(struct container_fields, env)},
	{FIELD_NODE, FIELD_AT(struct container_fields, ports)},
	{FIELD_NODE, FIELD_AT(struct container_fields, lifecycle)},
	{FIELD_NODE, FIELD_AT(struct container_fields, startupProbe)},
	{FIELD_NODE, FIELD_AT(struct container_fields, readinessProbe)},
	{FIELD_NODE, FIELD_AT(struct container_fields, livenessProbe)},
	{FIELD_NOTED, .name = "envFrom", .note = "its variables are not in the environment here"},
	{FIELD_NOTED, .name = "volumeMounts", .note = "volumes are not mounted here"},
	{FIELD_NOTED, .name = "resources", .note = "requests and limits are not applied here"},
	{FIELD_NOTED, .name = "restartPolicyRules", .note = "passed over"},
	{FIELD_IGNORED, .name = "imagePullPolicy"},
	{FIELD_IGNORED, .name = "resizePolicy"},
	{FIELD_IGNORED, .name = "securityContext"},
	{FIELD_IGNORED, .name = "stdin"},
	{FIELD_IGNORED, .name = "stdinOnce"},
	{FIELD_IGNORED, .name = "terminationMessagePath"},
	{FIELD_IGNORED, .name = "terminationMessagePolicy"},
	{FIELD_IGNORED, .name = "tty"},
	{FIELD_IGNORED, .name = "volumeDevices"},
	{0},
};
const struct level level_container = {.what = "a container", .fields = container_fields};

static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

struct port_fields {
	const char *name, *protocol;
	int64_t containerPort;
};

static const struct field port_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct port_fields, name), .form = &form_port},
	{FIELD_TEXT, FIELD_AT(struct port_fields, protocol), .words = protocols},
	{FIELD_NUMBER, FIELD_AT(struct port_fields, containerPort), .is_required = true, .low = 1, .high = UINT16_MAX},
	{FIELD_IGNORED, .name = "hostIP"},
	{FIELD_IGNORED, .name = "hostPort"},
	{0},
};
static const struct level port_level = {.what = "a port", .fields = port_fields};

#define PORTS_MAX 1000 /* names are compared with each other */

static int ports_read(struct reader *r, const struct node *list, struct container *c)
{
	int rc = fields_expect(r, list, NODE_LIST, "ports");
	if (rc < 0)
		return rc;
	if (list->count > PORTS_MAX)
		return fields_fail(r, list, "more than %d ports in a container", PORTS_MAX);
	c->ports = arena_new(r->m->memory, list->count, sizeof *c->ports);
	for (size_t i = 0; i < list->count; i++) {
		struct port_fields in = {.name = "", .protocol = "TCP"};
		rc = fields_read(r, list->items[i], &port_level, &in);
		if (rc < 0)
			return rc;
		for (size_t j = 0; *in.name && j < i; j++)
			if (!strcmp(c->ports[j].name, in.name))
				return fields_fail(r, list->items[i], "two ports are named '%s'", in.name);
		c->ports[c->port_count++] =
			(struct container_port){.name = in.name, .port = in.containerPort, .protocol = in.protocol};
	}
	return 0;
}

static int probes_read(struct reader *r, const struct container_fields *in, struct container *c)
{
	int rc = probe_read(r, in->startupProbe, PROBE_STARTUP, &c->startup);
	if (rc == 0)
		rc = probe_read(r, in->readinessProbe, PROBE_READINESS, &c->readiness);
	if (rc == 0)
		rc = probe_read(r, in->livenessProbe, PROBE_LIVENESS, &c->liveness);
	return rc == 0 ? lifecycle_read(r, in->lifecycle, &c->post_start, &c->pre_stop) : rc;
}

/* Init containers run to their end before the others start; only those that are restarted always live beside them. */
static int init_check(struct reader *r, const struct container_fields *in)
{
	const struct {
		const struct node *node;
		const char *name;
	} denied[] = {
		{in->startupProbe, "a startupProbe"},
		{in->readinessProbe, "a readinessProbe"},
		{in->livenessProbe, "a livenessProbe"},
		{in->lifecycle, "lifecycle hooks"},
	};
	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
		if (denied[i].node)
			return fields_fail(r, denied[i].node,
					   "an init container has no %s unless its restartPolicy is Always",
					   denied[i].name + (denied[i].name[1] == ' ' ? 2 : 0));
	return 0;
}

int container_read(struct reader *r, const struct node *n, bool is_init, struct container *ret_container)
{
	struct container *c = ret_container;
	struct container_fields in = {.image = "", .workingDir = "", .restartPolicy = ""};
	int rc = fields_read(r, n, &level_container, &in);
	if (rc < 0)
		return rc;
	c->is_sidecar = is_init && !strcmp(in.restartPolicy, "Always");
	if (is_init && !c->is_sidecar && (rc = init_check(r, &in)) < 0)
		return rc;
	if (!is_init && *in.restartPolicy)
		fields_note(r, node_find(n, "restartPolicy"),
			    "restartPolicy: a container of its own policy is restarted here");
	static char *none[] = {NULL};
	c->name = in.name;
	c->image = in.image;
	c->working_dir = in.workingDir;
	c->has_command = in.command && in.command[0];
	c->command = in.command ? in.command : none;
	c->args = in.args ? in.args : none;
	c->place = fields_place(r, n);
	if (in.env)
		rc = env_read(r, in.env, c);
	if (rc == 0 && in.ports)
		rc = ports_read(r, in.ports, c);
	return rc == 0 ? probes_read(r, &in, c) : rc;
}
