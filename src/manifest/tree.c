// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include "arena.h"
#include "pairs.h"

#include <string.h>

static int tree_fail(struct tree *t, const struct node *n, struct err *err, const char *what)
{
	return err_input(err, "%s:%d:%d: %s", t->origin.name, n->line, n->column, what);
}

/* A node at the mark. What is not written at all (NULL) stands where the last node stood. */
static struct node *tree_node(struct tree *t, enum node_kind kind, const yaml_mark_t *mark)
{
	struct node *n = arena_new(t->memory, 1, sizeof *n);
	n->kind = kind;
	n->text = "";
	n->weight = 1;
	t->node_count++;
	if (mark) {
		n->line = origin_line(&t->origin, mark);
		n->column = origin_column(&t->origin, mark);
		return n;
	}
	struct node *parent = t->depth ? t->open[t->depth - 1] : NULL;
	const struct node *near = parent && t->keys[t->depth - 1] ? t->keys[t->depth - 1] : parent;
	n->line = near ? near->line : t->origin.line + 1;
	n->column = near ? near->column : 1;
	return n;
}

/* Puts a finished (or opened) node where it belongs: the root, a list's next item, a mapping's next key or value. */
static int tree_place(struct tree *t, struct node *n, struct err *err)
{
	if (t->node_count > TREE_NODES_MAX)
		return tree_fail(t, n, err, "more than 2000000 values: too large for a manifest");
	if (!t->depth) {
		t->root = n;
		return 0;
	}
	struct node *parent = t->open[t->depth - 1], **key = &t->keys[t->depth - 1];
	if (parent->kind == NODE_LIST) {
		parent->items = arena_grow(t->memory, parent->items, parent->count, sizeof *parent->items);
		parent->items[parent->count++] = n;
		return 0;
	}
	if (!*key) {
		if (n->kind == NODE_LIST || n->kind == NODE_MAP || n->kind == NODE_NULL)
			return tree_fail(t, n, err, "a key must be a word");
		*key = n;
		return 0;
	}
	parent->pairs = arena_grow(t->memory, parent->pairs, parent->count, sizeof *parent->pairs);
	parent->pairs[parent->count++] = (struct pair){*key, n};
	*key = NULL;
	return 0;
}

static int tree_anchor(struct tree *t, const yaml_char_t *anchor, struct node *n, struct err *err)
{
	const char *name = (const char *)anchor;
	if (!name)
		return 0;
	if (t->anchor_count == TREE_ANCHORS_MAX)
		return tree_fail(t, n, err, "more than 1000 anchors in one document");
	t->anchors[t->anchor_count++] = (struct anchor){arena_text(t->memory, name, strlen(name)), n};
	return 0;
}

static int tree_alias(struct tree *t, const yaml_event_t *event, struct err *err)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct node *here = tree_node(t, NODE_NULL, &event->start_mark);
	char shown[NODE_SHOW_SIZE];
	node_quote(name, shown);
	for (size_t i = t->anchor_count; i-- > 0;) { /* the latest of a name counts */
		struct node *target = t->anchors[i].node;
		if (strcmp(t->anchors[i].name, name) != 0)
			continue;
		if (target->is_open)
			return err_input(err, "%s:%d:%d: alias %s is inside of what it stands for", t->origin.name,
					 here->line, here->column, shown);
		t->aliased_count += target->weight;
		if (t->aliased_count > TREE_ALIASED_MAX)
			return tree_fail(t, here, err, "aliases expand to more than 100000 values");
		return tree_place(t, target, err);
	}
	return err_input(err, "%s:%d:%d: no anchor %s stands before this alias", t->origin.name, here->line,
			 here->column, shown);
}

/* Quotes, block styles and every tag but Kubernetes' own scalar ones make a string. */
static bool is_plain(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	if (!tag)
		return event->data.scalar.plain_implicit;
	static const char *const plain[] = {YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG, YAML_NULL_TAG};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (!strcmp(tag, plain[i]))
			return true;
	return false;
}

/* A block mapping behind an anchor or a tag stands where its first key does, as any other. */
static void tree_settle(struct tree *t, const struct node *key)
{
	struct node *map = t->depth ? t->open[t->depth - 1] : NULL;
	if (!map || !t->has_place_of_key[t->depth - 1] || map->count || t->keys[t->depth - 1])
		return;
	map->line = key->line;
	map->column = key->column;
}

static int tree_scalar(struct tree *t, const yaml_event_t *event, struct err *err)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	bool is_written = event->start_mark.index != event->end_mark.index;
	struct node *n = tree_node(t, NODE_STRING, is_written ? &event->start_mark : NULL);
	if (memchr(text, '\0', length))
		return tree_fail(t, n, err, "a NUL character in a text");
	n->text = arena_text(t->memory, text, length);
	if (is_plain(event))
		node_resolve(n);
	tree_settle(t, n);
	int rc = tree_anchor(t, event->data.scalar.anchor, n, err);
	return rc < 0 ? rc : tree_place(t, n, err);
}

static int tree_begin(struct tree *t, const yaml_event_t *event, struct err *err)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	bool is_block_map = is_map && event->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE;
	const yaml_char_t *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	struct node *n = tree_node(t, is_map ? NODE_MAP : NODE_LIST, &event->start_mark);
	int rc = tree_anchor(t, anchor, n, err);
	if (rc < 0 || (rc = tree_place(t, n, err)) < 0)
		return rc;
	if (t->depth == TREE_DEPTH_MAX)
		return tree_fail(t, n, err, "nested deeper than 64");
	n->is_open = true;
	t->open[t->depth] = n;
	t->has_place_of_key[t->depth] = is_block_map;
	t->keys[t->depth++] = NULL;
	return 0;
}

static int tree_end(struct tree *t, struct err *err)
{
	struct node *n = t->open[--t->depth];
	n->is_open = false;
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		n->weight += n->items[i]->weight;
	return n->kind == NODE_MAP ? pairs_finish(t->memory, t->origin.name, n, err) : 0;
}

static int tree_document(struct tree *t, const yaml_event_t *event, struct err *err)
{
	t->anchor_count = t->depth = 0;
	t->root = NULL;
	const char *wrong = NULL;
	if (++t->document_count > TREE_DOCUMENTS_MAX)
		wrong = "more than 100000 documents";
	else if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		wrong = "a %TAG directive: tags must be written out"; /* each of them could stand for megabytes */
	return wrong ? tree_fail(t, tree_node(t, NODE_NULL, &event->start_mark), err, wrong) : 0;
}

int tree_take(struct tree *t, const yaml_event_t *event, struct err *err)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return tree_document(t, event, err);
	case YAML_SCALAR_EVENT:
		return tree_scalar(t, event, err);
	case YAML_ALIAS_EVENT:
		return tree_alias(t, event, err);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return tree_begin(t, event, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return tree_end(t, err);
	default:
		return 0;
	}
}
