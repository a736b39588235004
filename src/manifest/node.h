/* node.h - one YAML document as a tree of nodes, each with its place.
 *
 * Scalars are typed as Kubernetes' own YAML reader types them (YAML 1.1: yes, on and y are booleans, 010 is 8), so what
 * reads here as a number is a number there too. Aliases share the node they name: a tree may be a graph, never a
 * circle.
 */
#ifndef MANIFEST_NODE_H
#define MANIFEST_NODE_H

#include "objects.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_kind { NODE_NULL = 0, NODE_BOOL, NODE_INT, NODE_FLOAT, NODE_STRING, NODE_LIST, NODE_MAP };

struct node;

struct pair {
	struct node *key, *value; /* keys are scalars, and no two of a map have the same text */
};

struct node {
	enum node_kind kind;
	bool is_open;     /* still being read: an alias to it would be a circle */
	int line, column; /* from 1 */
	const char *text; /* of a scalar, as written; never NULL */
	int64_t number;   /* of an int; 0 or 1 of a bool */
	size_t weight;    /* nodes in it, those behind aliases counted each time */
	struct node **items;
	struct pair *pairs;
	size_t count; /* of items or pairs */
};

/* Sets kind and number of a plain scalar from its text. */
void node_resolve(struct node *n);
/* NULL when `map` has no such key; a value of null is found. */
const struct node *node_find(const struct node *map, const char *key);

#define NODE_SHOW_SIZE 112
/* What stands there, for messages, in one line: "'three'", "the number 3", "a list", "nothing". */
const char *node_show(const struct node *n, char out[NODE_SHOW_SIZE]);
/* `text` in quotes, cut to a readable length, without control characters. */
const char *node_quote(const char *text, char out[NODE_SHOW_SIZE]);

#endif
