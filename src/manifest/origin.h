/* origin.h - where in a stream the parser was set to work: at each piece of it (stream.c). Turns the parser's places
 * into those of the stream. */
#ifndef MANIFEST_ORIGIN_H
#define MANIFEST_ORIGIN_H

#include <stddef.h>
#include <yaml.h>

struct origin {
	const char *name;
	const char *data, *end; /* of the piece */
	int line, column;       /* of its first byte in the stream, from 0 */
};

/* From 1, as people count. */
static inline int origin_line(const struct origin *o, const yaml_mark_t *mark)
{
	return o->line + (int)mark->line + 1;
}

static inline int origin_column(const struct origin *o, const yaml_mark_t *mark)
{
	return (mark->line ? 0 : o->column) + (int)mark->column + 1;
}

/* Moves the start of the piece on by so many characters, at most to its end. */
void origin_advance(struct origin *o, size_t characters);

#endif
