// SPDX-License-Identifier: Apache-2.0
#include "arena.h"
#include "levels.h"
#include "manifest.h"
#include "object.h"
#include "pod.h"
#include "selector.h"

#include <string.h>

/* An old version of the API has no deadline by default: the largest number it can write. */
#define NO_DEADLINE INT32_MAX

struct deployment_fields {
	int64_t replicas, minReadySeconds, progressDeadlineSeconds;
	const struct node *selector, *strategy, *template;
};

static const struct field deployment_fields[] = {
	{FIELD_NUMBER, FIELD_AT(struct deployment_fields, replicas), .high = INT32_MAX},
	{FIELD_NUMBER, FIELD_AT(struct deployment_fields, minReadySeconds), .high = FIELD_SECONDS_MAX},
	{FIELD_NUMBER, FIELD_AT(struct deployment_fields, progressDeadlineSeconds), .high = FIELD_SECONDS_MAX},
	{FIELD_NODE, FIELD_AT(struct deployment_fields, selector)},
	{FIELD_NODE, FIELD_AT(struct deployment_fields, strategy)},
	{FIELD_NODE, FIELD_AT(struct deployment_fields, template), .is_required = true},
	{FIELD_NOTED, .name = "paused", .note = "a paused Deployment rolls nothing out; here it does"},
	{FIELD_IGNORED, .name = "revisionHistoryLimit"},
	{FIELD_IGNORED, .name = "rollbackTo"},
	{0},
};
const struct level level_deployment_spec = {.what = "a Deployment's spec", .fields = deployment_fields};

struct strategy_fields {
	const char *type;
	const struct node *rollingUpdate;
};

static const char *const strategies[] = {"RollingUpdate", "Recreate", NULL};

static const struct field strategy_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct strategy_fields, type), .words = strategies},
	{FIELD_NODE, FIELD_AT(struct strategy_fields, rollingUpdate)},
	{0},
};
static const struct level strategy_level = {.what = "strategy", .fields = strategy_fields};

struct rolling_fields {
	struct int_or_string maxSurge, maxUnavailable;
};

static const struct field rolling_fields[] = {
	{FIELD_SHARE, FIELD_AT(struct rolling_fields, maxSurge), .high = INT32_MAX},
	{FIELD_SHARE, FIELD_AT(struct rolling_fields, maxUnavailable), .high = INT32_MAX},
	{0},
};
static const struct level rolling_level = {.what = "rollingUpdate", .fields = rolling_fields};

static int rolling_read(struct reader *r, const struct node *n, struct deployment *d)
{
	struct rolling_fields in = {d->max_surge, d->max_unavailable};
	int rc = fields_read(r, n, &rolling_level, &in);
	if (rc < 0)
		return rc;
	const struct node *unavailable = node_find(n, "maxUnavailable");
	if (in.maxUnavailable.is_percent && in.maxUnavailable.number > 100)
		return fields_fail(r, unavailable, "maxUnavailable: expected at most 100%%");
	if (!in.maxSurge.number && !in.maxUnavailable.number)
		return fields_fail(r, unavailable, "maxUnavailable: may not be 0 when maxSurge is 0");
	d->max_surge = in.maxSurge;
	d->max_unavailable = in.maxUnavailable;
	return 0;
}

static int strategy_read(struct reader *r, const struct node *n, struct deployment *d)
{
	struct strategy_fields in = {.type = "RollingUpdate"};
	int rc = fields_read(r, n, &strategy_level, &in);
	if (rc < 0)
		return rc;
	bool is_recreate = !strcmp(in.type, "Recreate");
	d->strategy = is_recreate ? STRATEGY_RECREATE : STRATEGY_ROLLING;
	if (is_recreate && in.rollingUpdate)
		return fields_fail(r, in.rollingUpdate, "rollingUpdate: not allowed when the type is Recreate");
	return in.rollingUpdate ? rolling_read(r, in.rollingUpdate, d) : 0;
}

/* Defaults as they were in the version that the author wrote for. */
static void deployment_init(struct deployment *d, struct deployment_fields *in, const char *api)
{
	bool is_first = !strcmp(api, "extensions/v1beta1");
	d->max_surge = (struct int_or_string){.is_percent = !is_first, .number = is_first ? 1 : 25, .name = ""};
	d->max_unavailable = d->max_surge;
	*in = (struct deployment_fields){.replicas = 1, .progressDeadlineSeconds = is_first ? NO_DEADLINE : 600};
}

static int deployment_selector(struct reader *r, const struct object *o, const struct node *selector,
			       struct deployment *d)
{
	if (selector)
		return selector_read(r, selector, &d->pod.labels, &d->selector);
	bool has_default = !strcmp(o->api, "extensions/v1beta1") || !strcmp(o->api, "apps/v1beta1");
	if (!has_default)
		return fields_fail(r, o->spec, "a Deployment's spec needs selector");
	if (!d->pod.labels.count)
		return fields_fail(r, o->spec, "the template needs labels");
	d->selector = d->pod.labels;
	return 0;
}

int deployment_read(struct reader *r, const struct object *o)
{
	struct deployment d = {.name = o->metadata.name, .namespace = o->namespace};
	struct deployment_fields in;
	deployment_init(&d, &in, o->api);
	int rc = fields_read(r, o->spec, &level_deployment_spec, &in);
	if (rc == 0)
		rc = pod_read(r, in.template, &d.pod);
	if (rc == 0)
		rc = deployment_selector(r, o, in.selector, &d);
	if (rc == 0 && in.strategy)
		rc = strategy_read(r, in.strategy, &d);
	if (rc < 0)
		return rc;
	const struct node *deadline = node_find(o->spec, "progressDeadlineSeconds");
	if (in.progressDeadlineSeconds <= in.minReadySeconds)
		return fields_fail(r, deadline ? deadline : o->spec,
				   "progressDeadlineSeconds: expected more than minReadySeconds");
	d.replicas = in.replicas;
	d.min_ready_s = in.minReadySeconds;
	d.progress_deadline_s = in.progressDeadlineSeconds;
	d.place = fields_place(r, o->node);
	struct manifest *m = r->m;
	m->deployments = arena_grow(m->memory, m->deployments, m->deployment_count, sizeof d);
	m->deployments[m->deployment_count++] = d;
	return 0;
}
