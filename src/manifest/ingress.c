// SPDX-License-Identifier: Apache-2.0
#include "arena.h"
#include "backend.h"
#include "manifest.h"
#include "object.h"

#include <string.h>

struct ingress_fields {
	const struct node *backend, *rules; /* `backend` is the one for what no rule takes, under either name */
};

static const struct field v1_fields[] = {
	{FIELD_NODE, .name = "defaultBackend", .offset = offsetof(struct ingress_fields, backend)},
	{FIELD_NODE, FIELD_AT(struct ingress_fields, rules)},
	{FIELD_IGNORED, .name = "ingressClassName"},
	{FIELD_IGNORED, .name = "tls"},
	{0},
};
static const struct field v1beta1_fields[] = {
	{FIELD_NODE, FIELD_AT(struct ingress_fields, backend)},
	{FIELD_NODE, FIELD_AT(struct ingress_fields, rules)},
	{FIELD_IGNORED, .name = "ingressClassName"},
	{FIELD_IGNORED, .name = "tls"},
	{0},
};
static const struct level v1_level = {
	.what = "an Ingress' spec",
	.fields = v1_fields,
	.hint = "networking.k8s.io/v1 has defaultBackend",
};
static const struct level v1beta1_level = {
	.what = "an Ingress' spec",
	.fields = v1beta1_fields,
	.hint = "v1beta1 has backend",
};

struct path_fields {
	const char *path, *pathType;
	const struct node *backend;
};

static const char *const path_types[] = {"Exact", "Prefix", "ImplementationSpecific", NULL};

static const struct field path_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct path_fields, path), .form = &form_path},
	{FIELD_TEXT, FIELD_AT(struct path_fields, pathType), .words = path_types},
	{FIELD_NODE, FIELD_AT(struct path_fields, backend), .is_required = true},
	{0},
};
static const struct level path_level = {.what = "a path", .fields = path_fields};

static void path_add(struct reader *r, struct ingress *i, const struct ingress_path *p)
{
	i->paths = arena_grow(r->m->memory, i->paths, i->path_count, sizeof *p);
	i->paths[i->path_count++] = *p;
}

static int path_read(struct reader *r, const struct node *n, const char *host, bool is_v1, struct ingress *i)
{
	struct path_fields in = {.path = "", .pathType = ""};
	int rc = fields_read(r, n, &path_level, &in);
	if (rc < 0)
		return rc;
	if (is_v1 && !*in.pathType)
		return fields_fail(r, n, "a path needs pathType");
	bool is_exact = !strcmp(in.pathType, "Exact");
	if (!*in.path && (is_exact || !strcmp(in.pathType, "Prefix")))
		return fields_fail(r, n, "a path of type %s needs path", in.pathType);
	struct ingress_path p = {.host = host, .path = *in.path ? in.path : "/", .exact = is_exact};
	rc = backend_read(r, in.backend, is_v1, &p);
	if (rc == 1)
		path_add(r, i, &p);
	return rc < 0 ? rc : 0;
}

struct rule_fields {
	const char *host;
	const struct node *http;
};

static const struct field rule_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct rule_fields, host), .form = &form_host},
	{FIELD_NODE, FIELD_AT(struct rule_fields, http)},
	{0},
};
static const struct level rule_level = {.what = "a rule", .fields = rule_fields};

struct http_fields {
	const struct node *paths;
};

static const struct field http_fields[] = {
	{FIELD_NODE, FIELD_AT(struct http_fields, paths), .is_required = true},
	{0},
};
static const struct level http_level = {.what = "http", .fields = http_fields};

static int rule_read(struct reader *r, const struct node *n, bool is_v1, struct ingress *i)
{
	struct rule_fields in = {.host = ""};
	struct http_fields http = {0};
	int rc = fields_read(r, n, &rule_level, &in);
	if (rc < 0 || !in.http)
		return rc;
	rc = fields_read(r, in.http, &http_level, &http);
	if (rc == 0)
		rc = fields_expect(r, http.paths, NODE_LIST, "paths");
	if (rc == 0 && !http.paths->count)
		return fields_fail(r, http.paths, "paths: expected at least one");
	for (size_t k = 0; rc == 0 && k < http.paths->count; k++)
		rc = path_read(r, http.paths->items[k], in.host, is_v1, i);
	return rc;
}

static int rules_read(struct reader *r, const struct ingress_fields *in, bool is_v1, struct ingress *i)
{
	int rc = in->rules ? fields_expect(r, in->rules, NODE_LIST, "rules") : 0;
	for (size_t k = 0; rc == 0 && in->rules && k < in->rules->count; k++)
		rc = rule_read(r, in->rules->items[k], is_v1, i);
	if (rc < 0 || !in->backend)
		return rc;
	struct ingress_path p = {.host = "", .path = "/"};
	rc = backend_read(r, in->backend, is_v1, &p);
	if (rc == 1)
		path_add(r, i, &p);
	return rc < 0 ? rc : 0;
}

int ingress_read(struct reader *r, const struct object *o)
{
	bool is_v1 = !strcmp(o->api, "networking.k8s.io/v1");
	struct ingress_fields in = {0};
	struct ingress i = {.name = o->metadata.name, .namespace = o->namespace};
	i.annotations = o->metadata.annotations;
	i.place = fields_place(r, o->node);
	int rc = fields_read(r, o->spec, is_v1 ? &v1_level : &v1beta1_level, &in);
	if (rc == 0 && !in.backend && !(in.rules && in.rules->count))
		return fields_fail(r, o->spec, "an Ingress' spec needs rules or a default backend");
	if (rc == 0)
		rc = rules_read(r, &in, is_v1, &i);
	if (rc < 0)
		return rc;
	struct manifest *m = r->m;
	m->ingresses = arena_grow(m->memory, m->ingresses, m->ingress_count, sizeof i);
	m->ingresses[m->ingress_count++] = i;
	return 0;
}
