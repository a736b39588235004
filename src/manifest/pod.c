// SPDX-License-Identifier: Apache-2.0
#include "pod.h"

#include "arena.h"
#include "container.h"
#include "levels.h"
#include "manifest.h"
#include "metadata.h"

#include <inttypes.h>
#include <string.h>

#define CONTAINERS_MAX 100 /* in each list; names are compared with each other */
#define GRACE_DEFAULT 30

struct template_fields {
	const struct node *metadata, *spec;
};

static const struct field template_fields[] = {
	{FIELD_NODE, FIELD_AT(struct template_fields, metadata)},
	{FIELD_NODE, FIELD_AT(struct template_fields, spec), .is_required = true},
	{0},
};
static const struct level template_level = {.what = "template", .fields = template_fields};

struct pod_fields {
	const struct node *containers, *initContainers;
	int64_t terminationGracePeriodSeconds;
	const char *restartPolicy;
};

static const char *const restart_policies[] = {"Always", NULL};

static const struct field pod_fields[] = {
	{FIELD_NODE, FIELD_AT(struct pod_fields, containers), .is_required = true},
	{FIELD_NODE, FIELD_AT(struct pod_fields, initContainers)},
	{FIELD_NUMBER, FIELD_AT(struct pod_fields, terminationGracePeriodSeconds), .high = FIELD_SECONDS_MAX},
	{FIELD_TEXT, FIELD_AT(struct pod_fields, restartPolicy), .words = restart_policies},
	{FIELD_NOTED, .name = "hostNetwork", .note = "pods have a network of their own here"},
	{FIELD_NOTED, .name = "readinessGates", .note = "pods are ready without them here"},
	{FIELD_NOTED, .name = "shareProcessNamespace", .note = "containers do not see each other's processes here"},
	{FIELD_IGNORED, .name = "activeDeadlineSeconds"},
	{FIELD_IGNORED, .name = "affinity"},
	{FIELD_IGNORED, .name = "automountServiceAccountToken"},
	{FIELD_IGNORED, .name = "dnsConfig"},
	{FIELD_IGNORED, .name = "dnsPolicy"},
	{FIELD_IGNORED, .name = "enableServiceLinks"},
	{FIELD_IGNORED, .name = "ephemeralContainers"},
	{FIELD_IGNORED, .name = "hostAliases"},
	{FIELD_IGNORED, .name = "hostIPC"},
	{FIELD_IGNORED, .name = "hostPID"},
	{FIELD_IGNORED, .name = "hostUsers"},
	{FIELD_IGNORED, .name = "hostname"},
	{FIELD_IGNORED, .name = "hostnameOverride"},
	{FIELD_IGNORED, .name = "imagePullSecrets"},
	{FIELD_IGNORED, .name = "nodeName"},
	{FIELD_IGNORED, .name = "nodeSelector"},
	{FIELD_IGNORED, .name = "os"},
	{FIELD_IGNORED, .name = "overhead"},
	{FIELD_IGNORED, .name = "preemptionPolicy"},
	{FIELD_IGNORED, .name = "priority"},
	{FIELD_IGNORED, .name = "priorityClassName"},
	{FIELD_IGNORED, .name = "resourceClaims"},
	{FIELD_IGNORED, .name = "resources"},
	{FIELD_IGNORED, .name = "runtimeClassName"},
	{FIELD_IGNORED, .name = "schedulerName"},
	{FIELD_IGNORED, .name = "schedulingGates"},
	{FIELD_IGNORED, .name = "securityContext"},
	{FIELD_IGNORED, .name = "serviceAccount"},
	{FIELD_IGNORED, .name = "serviceAccountName"},
	{FIELD_IGNORED, .name = "setHostnameAsFQDN"},
	{FIELD_IGNORED, .name = "subdomain"},
	{FIELD_IGNORED, .name = "tolerations"},
	{FIELD_IGNORED, .name = "topologySpreadConstraints"},
	{FIELD_IGNORED, .name = "volumes"},
	{0},
};
const struct level level_pod_spec = {.what = "a pod's spec", .fields = pod_fields};

static int containers_read(struct reader *r, const struct node *list, bool is_init, struct container **ret_containers,
			   size_t *ret_count)
{
	const char *name = is_init ? "initContainers" : "containers";
	int rc = fields_expect(r, list, NODE_LIST, name);
	if (rc < 0)
		return rc;
	if (!list->count && !is_init)
		return fields_fail(r, list, "containers: expected at least one");
	if (list->count > CONTAINERS_MAX)
		return fields_fail(r, list, "%s: more than %d", name, CONTAINERS_MAX);
	struct container *containers = arena_new(r->m->memory, list->count, sizeof *containers);
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = container_read(r, list->items[i], is_init, &containers[i]);
	*ret_containers = containers;
	*ret_count = list->count;
	return rc;
}

/* The i-th of all containers, the init ones last. */
static const struct container *container_at(const struct pod_spec *pod, size_t i)
{
	return i < pod->container_count ? &pod->containers[i] : &pod->init_containers[i - pod->container_count];
}

static int hook_check(struct reader *r, const struct handler *h, const struct pod_spec *pod)
{
	const struct node at = {.line = h->place.line, .column = h->place.column};
	if (h->kind != HANDLER_SLEEP || h->sleep_s <= pod->grace_s)
		return 0;
	return fields_fail(r, &at,
			   "sleep: %" PRId64 " s is more than the pod's terminationGracePeriodSeconds, %" PRId64,
			   h->sleep_s, pod->grace_s);
}

static int pod_check(struct reader *r, const struct pod_spec *pod)
{
	size_t count = pod->container_count + pod->init_container_count;
	for (size_t i = 0; i < count; i++) {
		const struct container *c = container_at(pod, i);
		const struct node at = {.line = c->place.line, .column = c->place.column};
		for (size_t j = 0; j < i; j++)
			if (!strcmp(container_at(pod, j)->name, c->name))
				return fields_fail(r, &at, "two containers are named '%s' (the other is at line %d)",
						   c->name, container_at(pod, j)->place.line);
		int rc = hook_check(r, &c->pre_stop, pod);
		if (rc == 0)
			rc = hook_check(r, &c->post_start, pod);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pod_read(struct reader *r, const struct node *n, struct pod_spec *ret_pod)
{
	struct template_fields in = {0};
	struct pod_fields spec = {.terminationGracePeriodSeconds = GRACE_DEFAULT, .restartPolicy = "Always"};
	struct metadata metadata = {0};
	int rc = fields_read(r, n, &template_level, &in);
	if (rc == 0)
		rc = metadata_read(r, in.metadata, &metadata);
	if (rc == 0)
		rc = fields_read(r, in.spec, &level_pod_spec, &spec);
	if (rc < 0)
		return rc;
	ret_pod->grace_s = spec.terminationGracePeriodSeconds;
	ret_pod->labels = metadata.labels;
	ret_pod->annotations = metadata.annotations;
	ret_pod->place = fields_place(r, in.spec);
	rc = containers_read(r, spec.containers, false, &ret_pod->containers, &ret_pod->container_count);
	if (rc == 0 && spec.initContainers)
		rc = containers_read(r, spec.initContainers, true, &ret_pod->init_containers,
				     &ret_pod->init_container_count);
	return rc == 0 ? pod_check(r, ret_pod) : rc;
}
