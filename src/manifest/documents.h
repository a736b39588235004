/* documents.h - a stream of YAML (or JSON) documents, one tree of nodes at a time.
 *
 * Uses libyaml for its events only: nesting, size, duplicate keys and what aliases expand to are watched (tree.h), so
 * hostile input ends in one line of message. Merge keys (<<) are done, as in Kubernetes' own reader. Nodes live in the
 * arena given to documents_open. */
#ifndef MANIFEST_DOCUMENTS_H
#define MANIFEST_DOCUMENTS_H

#include "base/err.h"
#include "node.h"

struct documents;

int documents_open(struct manifest_memory *memory, const char *name, const char *data, size_t length,
		   struct documents **ret_documents, struct err *err) __attribute__((warn_unused_result));
/* 1: a document, whose root is not null (empty documents are left out); 0: the end; <0: `err` names the place. */
int documents_next(struct documents *d, struct node **ret_root, struct err *err) __attribute__((warn_unused_result));
void documents_close(struct documents *d); /* NULL is fine */

#endif
