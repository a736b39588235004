/* stream.h - a stream of YAML (or JSON) documents, one tree of nodes at a time.
 *
 * Uses libyaml for its events only: nesting, size, duplicate keys and what aliases expand to are watched (tree.h), so
 * hostile input ends in one line of message. Merge keys (<<) are done, as in Kubernetes' own reader. Nodes live in the
 * arena given to stream_open. */
#ifndef MANIFEST_STREAM_H
#define MANIFEST_STREAM_H

#include "base/err.h"
#include "node.h"

struct stream;

int stream_open(struct manifest_memory *memory, const char *name, const char *data, size_t length,
		struct stream **ret_stream, struct err *err) __attribute__((warn_unused_result));
/* 1: a document, whose root is not null (empty documents are left out); 0: the end; <0: `err` names the place. */
int stream_next(struct stream *s, struct node **ret_root, struct err *err) __attribute__((warn_unused_result));
void stream_close(struct stream *s); /* NULL is fine */

#endif
