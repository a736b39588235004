// SPDX-License-Identifier: Apache-2.0
#include "selector.h"

#include "metadata.h"

#include <string.h>

struct selector_fields {
	const struct node *matchLabels, *matchExpressions;
};

static const struct field selector_fields[] = {
	{FIELD_NODE, FIELD_AT(struct selector_fields, matchLabels)},
	{FIELD_NODE, FIELD_AT(struct selector_fields, matchExpressions)},
	{0},
};
static const struct level selector_level = {.what = "selector", .fields = selector_fields};

struct expression_fields {
	const char *key, *operator;
	char **values;
};

static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};

static const struct field expression_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct expression_fields, key), .is_required = true, .form = &form_key},
	{FIELD_TEXT, FIELD_AT(struct expression_fields, operator), .is_required = true, .words = operators},
	{FIELD_TEXTS, FIELD_AT(struct expression_fields, values)},
	{0},
};
static const struct level expression_level = {.what = "an expression", .fields = expression_fields};

static bool is_among(const char *word, char *const *words)
{
	for (; word && words && *words; words++)
		if (!strcmp(*words, word))
			return true;
	return false;
}

static bool expression_matches(const struct expression_fields *e, const struct labels *labels)
{
	const char *value = labels_find(labels, e->key);
	if (!strcmp(e->operator, "In"))
		return is_among(value, e->values);
	if (!strcmp(e->operator, "NotIn"))
		return !is_among(value, e->values);
	return !strcmp(e->operator, "Exists") == (value != NULL);
}

static int expressions_check(struct reader *r, const struct node *list, const struct labels *labels)
{
	int rc = fields_expect(r, list, NODE_LIST, "matchExpressions");
	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		struct expression_fields e = {0};
		const struct node *n = list->items[i];
		rc = fields_read(r, n, &expression_level, &e);
		if (rc < 0)
			return rc;
		bool wants_values = !strcmp(e.operator, "In") || !strcmp(e.operator, "NotIn");
		bool has_values = e.values && e.values[0];
		if (wants_values != has_values)
			return fields_fail(r, n, "operator %s %s", e.operator,
					   wants_values ? "needs values" : "takes no values");
		if (!expression_matches(&e, labels))
			return fields_fail(r, n, "the selector does not match the template's labels (%s %s)", e.key,
					   e.operator);
	}
	return rc;
}

static int labels_check(struct reader *r, const struct node *n, const struct labels *wanted,
			const struct labels *labels)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct label *w = &wanted->items[i];
		const char *value = labels_find(labels, w->key);
		if (!value)
			return fields_fail(r, n->pairs[i].value,
					   "the selector does not match the template's labels: they have no %s",
					   w->key);
		if (strcmp(value, w->value) != 0)
			return fields_fail(r, n->pairs[i].value,
					   "the selector does not match the template's labels: %s is '%s' there",
					   w->key, value);
	}
	return 0;
}

int selector_read(struct reader *r, const struct node *n, const struct labels *labels, struct labels *ret_labels)
{
	struct selector_fields in = {0};
	struct labels wanted = {0};
	int rc = fields_read(r, n, &selector_level, &in);
	if (rc == 0 && in.matchLabels)
		rc = labels_read(r, in.matchLabels, "matchLabels", &form_label_value, &wanted);
	if (rc == 0 && in.matchLabels)
		rc = labels_check(r, in.matchLabels, &wanted, labels);
	if (rc == 0 && in.matchExpressions)
		rc = expressions_check(r, in.matchExpressions, labels);
	if (rc < 0)
		return rc;
	if (!wanted.count && !(in.matchExpressions && in.matchExpressions->count))
		return fields_fail(r, n, "selector: expected matchLabels, an empty one is not allowed");
	*ret_labels = wanted.count ? wanted : *labels;
	return 0;
}
