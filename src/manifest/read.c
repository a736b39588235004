// SPDX-License-Identifier: Apache-2.0
#include "arena.h"
#include "manifest.h"
#include "object.h"
#include "documents.h"
#include "twice.h"
#include "values.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct kind {
	const char *name;
	const char *apis[4]; /* the newest first */
	const struct form *form;
	int (*read)(struct reader *r, const struct object *o);
} kinds[] = {
	{"Deployment",
	 {"apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"},
	 &form_subdomain,
	 deployment_read},
	{"Service", {"v1"}, &form_service, service_read},
	{"Ingress",
	 {"networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"},
	 &form_subdomain,
	 ingress_read},
};

struct manifest *manifest_create(void)
{
	struct manifest *m = memory_new(1, sizeof *m);
	m->memory = arena_create();
	m->notes = arena_new(m->memory, 1, sizeof *m->notes);
	return m;
}

void manifest_destroy(struct manifest *m)
{
	if (!m)
		return;
	arena_destroy(m->memory);
	free(m);
}

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static bool kind_has_api(const struct kind *k, const char *api)
{
	for (size_t i = 0; i < sizeof k->apis / sizeof *k->apis && k->apis[i]; i++)
		if (!strcmp(k->apis[i], api))
			return true;
	return false;
}

/* Others may have kinds of these names (a Service of serving.knative.dev), but only in groups with a domain. */
static bool is_kubernetes_own(const char *api)
{
	size_t group = strcspn(api, "/");
	const char *own = ".k8s.io";
	bool has_domain = memchr(api, '.', group) != NULL;
	return !has_domain || (group > strlen(own) && !strncmp(api + group - strlen(own), own, strlen(own)));
}

static void pass_over(struct reader *r, const struct node *n, const char *api, const char *kind)
{
	struct manifest *m = r->m;
	const struct node *metadata = node_find(n, "metadata");
	const struct node *name = metadata ? node_find(metadata, "name") : NULL;
	m->passed_over = arena_grow(m->memory, m->passed_over, m->passed_over_count, sizeof *m->passed_over);
	m->passed_over[m->passed_over_count++] = (struct passed_over){
		.kind = kind,
		.name = name && name->kind == NODE_STRING ? name->text : "",
		.place = fields_place(r, n),
	};
	if (!strcmp(kind, "Kustomization") && !strncmp(api, "kustomize.config.k8s.io/", 24))
		fields_note(r, n, "a kustomization: give its folder with -k to have it rendered");
}

/* A string that every object has; `fallback` (or NULL) for items of a typed list, which leave it out. */
static int word_read(struct reader *r, const struct node *n, const char *name, const char *fallback,
		     const char **ret_word)
{
	const struct node *value = node_find(n, name);
	*ret_word = fallback;
	if (!value || value->kind == NODE_NULL)
		return fallback ? 0 : fields_fail(r, n, "an object needs %s", name);
	int rc = value_string(r, name, value, ret_word);
	return rc == 0 && !**ret_word ? fields_fail(r, value, "an object needs %s", name) : rc;
}

static int object_take(struct reader *r, const struct node *n, const char *list_api, const char *list_kind);

/* "List", or the list of a kind, whose items then have neither apiVersion nor kind. */
static int list_take(struct reader *r, const struct node *items, const char *api, const char *kind)
{
	size_t length = strlen(kind) - strlen("List");
	const char *of = length ? arena_text(r->m->memory, kind, length) : NULL;
	int rc = fields_expect(r, items, NODE_LIST, "items");
	for (size_t i = 0; rc == 0 && i < items->count; i++)
		rc = object_take(r, items->items[i], of ? api : NULL, of);
	return rc;
}

static bool is_list(const struct node *n, const char *kind)
{
	size_t length = strlen(kind), tail = strlen("List");
	const struct node *items = node_find(n, "items");
	return length >= tail && !strcmp(kind + length - tail, "List") && items && items->kind != NODE_NULL;
}

static int kind_take(struct reader *r, const struct node *n, const struct kind *k, const char *api)
{
	if (!kind_has_api(k, api)) {
		char shown[NODE_SHOW_SIZE];
		const struct node *at = node_find(n, "apiVersion");
		return fields_fail(r, at ? at : n, "apiVersion: no %s in %s (%s has it)", k->name,
				   node_quote(api, shown), k->apis[0]);
	}
	struct object o;
	int rc = object_read(r, n, api, k->name, k->form, &o);
	return rc < 0 ? rc : k->read(r, &o);
}

static int object_take(struct reader *r, const struct node *n, const char *list_api, const char *list_kind)
{
	const char *api = NULL, *kind = NULL;
	int rc = fields_expect(r, n, NODE_MAP, "a Kubernetes object");
	if (rc == 0)
		rc = word_read(r, n, "apiVersion", list_api, &api);
	if (rc == 0)
		rc = word_read(r, n, "kind", list_kind, &kind);
	if (rc < 0)
		return rc;
	if (is_list(n, kind))
		return list_take(r, node_find(n, "items"), api, kind);
	const struct kind *k = kind_find(kind);
	if (k && (kind_has_api(k, api) || is_kubernetes_own(api)))
		return kind_take(r, n, k, api);
	pass_over(r, n, api, kind);
	return 0;
}

int manifest_read(struct manifest *m, const char *name, const char *data, size_t length, struct err *err)
{
	struct documents *d = NULL;
	struct node *root;
	struct reader r = {.m = m, .file = arena_text(m->memory, name, strlen(name)), .err = err};
	int rc = documents_open(m->memory, r.file, data, length, &d, err);
	if (rc < 0)
		return rc;
	while ((rc = documents_next(d, &root, err)) == 1) {
		rc = object_take(&r, root, NULL, NULL);
		if (rc < 0)
			break;
	}
	documents_close(d);
	return rc < 0 ? rc : twice_check(m, err);
}
