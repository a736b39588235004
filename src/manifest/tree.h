/* tree.h - builds the nodes of one document from libyaml's events, and watches how much that costs. */
#ifndef MANIFEST_TREE_H
#define MANIFEST_TREE_H

#include "base/err.h"
#include "node.h"
#include "origin.h"

#define TREE_DEPTH_MAX 64         /* lists and mappings within each other */
#define TREE_ANCHORS_MAX 1000     /* in one document */
#define TREE_DOCUMENTS_MAX 100000 /* in a stream, the empty ones too */
#define TREE_NODES_MAX 2000000    /* in all of them */
#define TREE_ALIASED_MAX 100000   /* nodes that aliases add to that */

struct anchor {
	const char *name;
	struct node *node;
};

struct tree {
	struct manifest_memory *memory;
	struct origin origin;
	/* Of the document that is being read. */
	struct anchor anchors[TREE_ANCHORS_MAX];
	size_t anchor_count;
	struct node *open[TREE_DEPTH_MAX];
	struct node *keys[TREE_DEPTH_MAX];     /* of an open mapping: the key whose value comes next */
	bool has_place_of_key[TREE_DEPTH_MAX]; /* of an open mapping: libyaml says where its anchor or tag is */
	size_t depth;
	struct node *root;
	/* Of the stream. */
	size_t node_count, aliased_count, document_count;
};

int tree_take(struct tree *t, const yaml_event_t *event, struct err *err) __attribute__((warn_unused_result));

#endif
