// SPDX-License-Identifier: Apache-2.0
#include "object.h"

struct object_fields {
	const struct node *metadata, *spec;
};

static const struct field fields[] = {
	{FIELD_IGNORED, .name = "apiVersion"}, /* the caller has seen these two */
	{FIELD_IGNORED, .name = "kind"},
	{FIELD_NODE, FIELD_AT(struct object_fields, metadata), .is_required = true},
	{FIELD_NODE, FIELD_AT(struct object_fields, spec), .is_required = true},
	{FIELD_IGNORED, .name = "status"},
	{0},
};

int object_read(struct reader *r, const struct node *n, const char *api, const char *kind, const struct form *form,
		struct object *ret_object)
{
	const struct level level = {.what = kind, .fields = fields};
	struct object_fields in = {0};
	int rc = fields_read(r, n, &level, &in);
	if (rc < 0)
		return rc;
	*ret_object = (struct object){.api = api, .node = n, .spec = in.spec};
	struct metadata *metadata = &ret_object->metadata;
	rc = metadata_read(r, in.metadata, metadata);
	if (rc < 0)
		return rc;
	if (!*metadata->name)
		return fields_fail(r, in.metadata, "metadata needs name");
	char shown[NODE_SHOW_SIZE];
	if (!form->fits(metadata->name))
		return fields_fail(r, metadata->name_node, "name: expected %s, got %s", form->what,
				   node_show(metadata->name_node, shown));
	ret_object->namespace = *metadata->namespace ? metadata->namespace : "default";
	return 0;
}
