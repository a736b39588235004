// SPDX-License-Identifier: Apache-2.0
#include "env.h"

#include "arena.h"
#include "downward.h"
#include "manifest.h"

#include <string.h>

struct env_fields {
	const char *name, *value;
	const struct node *valueFrom;
};

static const struct field env_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct env_fields, name), .is_required = true, .form = &form_env},
	{FIELD_TEXT, FIELD_AT(struct env_fields, value)},
	{FIELD_NODE, FIELD_AT(struct env_fields, valueFrom)},
	{0},
};
static const struct level env_level = {.what = "a variable", .fields = env_fields};

struct source_fields {
	const struct node *fieldRef, *configMapKeyRef, *secretKeyRef, *resourceFieldRef, *fileKeyRef;
};

static const struct field source_fields[] = {
	{FIELD_NODE, FIELD_AT(struct source_fields, fieldRef)},
	{FIELD_NODE, FIELD_AT(struct source_fields, configMapKeyRef)},
	{FIELD_NODE, FIELD_AT(struct source_fields, secretKeyRef)},
	{FIELD_NODE, FIELD_AT(struct source_fields, resourceFieldRef)},
	{FIELD_NODE, FIELD_AT(struct source_fields, fileKeyRef)},
	{0},
};
static const struct level source_level = {.what = "valueFrom", .fields = source_fields};

struct ref_fields {
	const char *fieldPath, *name, *key, *resource, *path;
};

static const struct field field_ref_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct ref_fields, fieldPath), .is_required = true},
	{FIELD_IGNORED, .name = "apiVersion"},
	{0},
};
static const struct field key_ref_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct ref_fields, name)},
	{FIELD_TEXT, FIELD_AT(struct ref_fields, key), .is_required = true},
	{FIELD_IGNORED, .name = "optional"},
	{0},
};
static const struct field resource_ref_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct ref_fields, resource), .is_required = true},
	{FIELD_IGNORED, .name = "containerName"},
	{FIELD_IGNORED, .name = "divisor"},
	{0},
};
static const struct field file_ref_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct ref_fields, path), .is_required = true},
	{FIELD_TEXT, FIELD_AT(struct ref_fields, key), .is_required = true},
	{FIELD_IGNORED, .name = "optional"},
	{FIELD_IGNORED, .name = "volumeName"},
	{0},
};
static const struct level field_ref_level = {.what = "fieldRef", .fields = field_ref_fields};
static const struct level config_map_level = {.what = "configMapKeyRef", .fields = key_ref_fields};
static const struct level secret_level = {.what = "secretKeyRef", .fields = key_ref_fields};
static const struct level resource_level = {.what = "resourceFieldRef", .fields = resource_ref_fields};
static const struct level file_level = {.what = "fileKeyRef", .fields = file_ref_fields};

static int field_ref_read(struct reader *r, const struct node *n, struct env *e)
{
	struct ref_fields in = {0};
	int rc = fields_read(r, n, &field_ref_level, &in);
	if (rc < 0)
		return rc;
	e->source = ENV_FIELD;
	e->value = in.fieldPath;
	if (downward_is_known(e->value))
		return 0;
	char shown[NODE_SHOW_SIZE];
	const char *nearest = downward_nearest(e->value);
	return fields_fail(r, node_find(n, "fieldPath"), "fieldPath: a pod has no %s for its environment%s%s%s",
			   node_quote(e->value, shown), nearest ? " (did you mean " : "", nearest ? nearest : "",
			   nearest ? "?)" : "");
}

/* Sources that a rehearsal has no value for are named: "secretKeyRef db/password". */
static int other_ref_read(struct reader *r, const struct node *n, const struct level *level, struct env *e)
{
	struct ref_fields in = {.name = "", .path = ""};
	int rc = fields_read(r, n, level, &in);
	if (rc < 0)
		return rc;
	e->source = ENV_OTHER;
	e->value = in.resource ? arena_printf(r->m->memory, "%s %s", level->what, in.resource)
			       : arena_printf(r->m->memory, "%s %s%s/%s", level->what, in.name, in.path, in.key);
	return 0;
}

static int source_read(struct reader *r, const struct node *n, struct env *e)
{
	struct source_fields in = {0};
	int rc = fields_read(r, n, &source_level, &in);
	if (rc < 0)
		return rc;
	int count = !!in.fieldRef + !!in.configMapKeyRef + !!in.secretKeyRef + !!in.resourceFieldRef + !!in.fileKeyRef;
	if (count != 1)
		return fields_fail(r, n, "valueFrom: expected one source, got %s", count ? "more" : "none");
	if (in.fieldRef)
		return field_ref_read(r, in.fieldRef, e);
	if (in.configMapKeyRef)
		return other_ref_read(r, in.configMapKeyRef, &config_map_level, e);
	if (in.secretKeyRef)
		return other_ref_read(r, in.secretKeyRef, &secret_level, e);
	if (in.resourceFieldRef)
		return other_ref_read(r, in.resourceFieldRef, &resource_level, e);
	return other_ref_read(r, in.fileKeyRef, &file_level, e);
}

static int env_read_one(struct reader *r, const struct node *n, struct env *e)
{
	struct env_fields in = {.value = ""};
	int rc = fields_read(r, n, &env_level, &in);
	if (rc < 0)
		return rc;
	e->name = in.name;
	e->value = in.value;
	e->place = fields_place(r, n);
	if (!in.valueFrom)
		return 0;
	if (*in.value)
		return fields_fail(r, in.valueFrom, "%s has both a value and a valueFrom: one is allowed", in.name);
	return source_read(r, in.valueFrom, e);
}

int env_read(struct reader *r, const struct node *list, struct container *c)
{
	int rc = fields_expect(r, list, NODE_LIST, "env");
	if (rc < 0)
		return rc;
	c->env = arena_new(r->m->memory, list->count, sizeof *c->env);
	c->env_count = list->count;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = env_read_one(r, list->items[i], &c->env[i]);
	return rc;
}
