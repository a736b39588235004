// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include "base/memory.h"
#include "bytes.h"
#include "json.h"
#include "syntax.h"
#include "tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct documents {
	char *data; /* a copy, for json_piece; NUL-ended */
	char *end;
	yaml_parser_t parser;
	bool is_after_dots; /* the last event was a `...` */
	struct tree tree;
};

/* Sets a new parser to work at the origin. */
static int documents_start(struct documents *d, struct err *err)
{
	const struct origin *o = &d->tree.origin;
	yaml_parser_delete(&d->parser);
	if (!yaml_parser_initialize(&d->parser))
		return err_system(err, ENOMEM, "%s: cannot be read", o->name);
	yaml_parser_set_input_string(&d->parser, (const unsigned char *)o->data, (size_t)(o->end - o->data));
	return 0;
}

/* libyaml would also skip the mark, but the first piece only. */
static char *skip_byte_order_mark(char *data)
{
	return strncmp(data, "\xef\xbb\xbf", 3) ? data : data + 3;
}

int documents_open(struct manifest_memory *memory, const char *name, const char *data, size_t length,
		   struct documents **ret_documents, struct err *err)
{
	int rc = bytes_check(name, data, length, err);
	if (rc < 0)
		return rc;
	struct documents *d = memory_new(1, sizeof *d);
	d->data = memory_copy_n(data, length);
	d->end = d->data + length;
	d->tree.memory = memory;
	char *start = skip_byte_order_mark(d->data);
	d->tree.origin = (struct origin){.name = name, .data = start, .end = json_piece(start, d->end)};
	rc = documents_start(d, err);
	if (rc < 0) {
		documents_close(d);
		return rc;
	}
	*ret_documents = d;
	return 0;
}

void documents_close(struct documents *d)
{
	if (!d)
		return;
	yaml_parser_delete(&d->parser);
	free(d->data);
	free(d);
}

/* 1 when there is another piece of the stream. */
static int documents_continue(struct documents *d, struct err *err)
{
	struct origin *o = &d->tree.origin;
	if (o->end == d->end)
		return 0;
	origin_advance(o, (size_t)(o->end - o->data));
	o->end = json_piece(d->data + (o->data - d->data), d->end);
	int rc = documents_start(d, err);
	return rc < 0 ? rc : 1;
}

/* What comes after `...` is a document also without `---`, which libyaml asks for: 1 when it is set to work there. */
static int documents_after_dots(struct documents *d, struct err *err)
{
	const char *problem = d->parser.problem;
	if (!d->is_after_dots || !problem || strcmp(problem, "did not find expected <document start>") != 0)
		return syntax_fail(&d->parser, &d->tree.origin, err);
	d->is_after_dots = false;
	origin_advance(&d->tree.origin, d->parser.problem_mark.index);
	int rc = documents_start(d, err);
	return rc < 0 ? rc : 1;
}

int documents_next(struct documents *d, struct node **ret_root, struct err *err)
{
	for (;;) {
		yaml_event_t event;
		int rc = 0;
		if (!yaml_parser_parse(&d->parser, &event)) {
			if ((rc = documents_after_dots(d, err)) < 0)
				return rc;
			continue;
		}
		yaml_event_type_t type = event.type;
		rc = tree_take(&d->tree, &event, err);
		d->is_after_dots = type == YAML_DOCUMENT_END_EVENT && !event.data.document_end.implicit;
		yaml_event_delete(&event);
		if (rc < 0)
			return rc;
		if (type == YAML_STREAM_END_EVENT && (rc = documents_continue(d, err)) <= 0)
			return rc;
		if (type == YAML_DOCUMENT_END_EVENT && d->tree.root && d->tree.root->kind != NODE_NULL) {
			*ret_root = d->tree.root;
			return 1;
		}
	}
}
