// SPDX-License-Identifier: Apache-2.0
#include "metadata.h"

#include "arena.h"
#include "manifest.h"
#include "values.h"

#include <string.h>

#define LABELS_MAX 1000 /* in one mapping; selectors are compared with them one by one */

struct metadata_fields {
	const struct node *name, *namespace, *labels, *annotations;
};

static const struct field fields[] = {
	{FIELD_NODE, FIELD_AT(struct metadata_fields, name)},
	{FIELD_NODE, FIELD_AT(struct metadata_fields, namespace)},
	{FIELD_NODE, FIELD_AT(struct metadata_fields, labels)},
	{FIELD_NODE, FIELD_AT(struct metadata_fields, annotations)},
	{0},
};
static const struct level level = {.what = "metadata", .fields = fields, .takes_any = true};

const char *labels_find(const struct labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (!strcmp(labels->items[i].key, key))
			return labels->items[i].value;
	return NULL;
}

int labels_read(struct reader *r, const struct node *n, const char *what, const struct form *form,
		struct labels *ret_labels)
{
	int rc = fields_expect(r, n, NODE_MAP, what);
	if (rc < 0)
		return rc;
	if (n->count > LABELS_MAX)
		return fields_fail(r, n, "%s: more than %d", what, LABELS_MAX);
	char shown[NODE_SHOW_SIZE];
	struct labels labels = {.items = arena_new(r->m->memory, n->count, sizeof *labels.items)};
	for (size_t i = 0; i < n->count; i++) {
		const struct node *key = n->pairs[i].key, *value = n->pairs[i].value;
		struct label *label = &labels.items[labels.count++];
		label->key = key->text;
		if (!form_key.fits(key->text))
			return fields_fail(r, key, "%s: expected %s, got %s", what, form_key.what,
					   node_quote(key->text, shown));
		rc = value_string(r, key->text, value, &label->value);
		if (rc < 0)
			return rc;
		if (form && !form->fits(label->value))
			return fields_fail(r, value, "%s: expected %s, got %s", key->text, form->what,
					   node_show(value, shown));
	}
	*ret_labels = labels;
	return 0;
}

int metadata_read(struct reader *r, const struct node *n, struct metadata *ret_metadata)
{
	struct metadata metadata = {.name = "", .namespace = ""};
	struct metadata_fields in = {0};
	int rc = n ? fields_read(r, n, &level, &in) : 0;
	if (rc == 0 && in.name)
		rc = value_string(r, "name", in.name, &metadata.name);
	if (rc == 0 && in.namespace)
		rc = value_string(r, "namespace", in.namespace, &metadata.namespace);
	if (rc == 0 && in.labels)
		rc = labels_read(r, in.labels, "labels", &form_label_value, &metadata.labels);
	if (rc == 0 && in.annotations)
		rc = labels_read(r, in.annotations, "annotations", NULL, &metadata.annotations);
	metadata.name_node = in.name;
	metadata.labels_node = in.labels;
	char shown[NODE_SHOW_SIZE];
	if (rc == 0 && *metadata.namespace && !form_label.fits(metadata.namespace))
		return fields_fail(r, in.namespace, "namespace: expected %s, got %s", form_label.what,
				   node_show(in.namespace, shown));
	if (rc == 0)
		*ret_metadata = metadata;
	return rc;
}
