// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "base/memory.h"
#include "bytes.h"
#include "json.h"
#include "syntax.h"
#include "tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct stream {
	char *data; /* a copy, for json_piece; NUL-ended */
	char *end;
	yaml_parser_t parser;
	bool is_after_dots; /* the last event was a `...` */
	struct tree tree;
};

/* Sets a new parser to work at the origin. */
static int stream_start(struct stream *s, struct err *err)
{
	const struct origin *o = &s->tree.origin;
	yaml_parser_delete(&s->parser);
	if (!yaml_parser_initialize(&s->parser))
		return err_system(err, ENOMEM, "%s: cannot be read", o->name);
	yaml_parser_set_input_string(&s->parser, (const unsigned char *)o->data, (size_t)(o->end - o->data));
	return 0;
}

/* libyaml would also skip the mark, but the first piece only. */
static char *skip_byte_order_mark(char *data)
{
	return strncmp(data, "\xef\xbb\xbf", 3) ? data : data + 3;
}

int stream_open(struct manifest_memory *memory, const char *name, const char *data, size_t length,
		struct stream **ret_stream, struct err *err)
{
	int rc = bytes_check(name, data, length, err);
	if (rc < 0)
		return rc;
	struct stream *s = memory_new(1, sizeof *s);
	s->data = memory_copy_n(data, length);
	s->end = s->data + length;
	s->tree.memory = memory;
	char *start = skip_byte_order_mark(s->data);
	s->tree.origin = (struct origin){.name = name, .data = start, .end = json_piece(start, s->end)};
	rc = stream_start(s, err);
	if (rc < 0) {
		stream_close(s);
		return rc;
	}
	*ret_stream = s;
	return 0;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	yaml_parser_delete(&s->parser);
	free(s->data);
	free(s);
}

/* 1 when there is another piece of the stream. */
static int stream_continue(struct stream *s, struct err *err)
{
	struct origin *o = &s->tree.origin;
	if (o->end == s->end)
		return 0;
	origin_advance(o, (size_t)(o->end - o->data));
	o->end = json_piece(s->data + (o->data - s->data), s->end);
	int rc = stream_start(s, err);
	return rc < 0 ? rc : 1;
}

/* What comes after `...` is a document also without `---`, which libyaml asks for: 1 when it is set to work there. */
static int stream_after_dots(struct stream *s, struct err *err)
{
	const char *problem = s->parser.problem;
	if (!s->is_after_dots || !problem || strcmp(problem, "did not find expected <document start>") != 0)
		return syntax_fail(&s->parser, &s->tree.origin, err);
	s->is_after_dots = false;
	origin_advance(&s->tree.origin, s->parser.problem_mark.index);
	int rc = stream_start(s, err);
	return rc < 0 ? rc : 1;
}

int stream_next(struct stream *s, struct node **ret_root, struct err *err)
{
	for (;;) {
		yaml_event_t event;
		int rc = 0;
		if (!yaml_parser_parse(&s->parser, &event)) {
			if ((rc = stream_after_dots(s, err)) < 0)
				return rc;
			continue;
		}
		yaml_event_type_t type = event.type;
		rc = tree_take(&s->tree, &event, err);
		s->is_after_dots = type == YAML_DOCUMENT_END_EVENT && !event.data.document_end.implicit;
		yaml_event_delete(&event);
		if (rc < 0)
			return rc;
		if (type == YAML_STREAM_END_EVENT && (rc = stream_continue(s, err)) <= 0)
			return rc;
		if (type == YAML_DOCUMENT_END_EVENT && s->tree.root && s->tree.root->kind != NODE_NULL) {
			*ret_root = s->tree.root;
			return 1;
		}
	}
}
