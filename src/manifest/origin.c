// SPDX-License-Identifier: Apache-2.0
#include "origin.h"

#include <stdbool.h>

void origin_advance(struct origin *o, size_t characters)
{
	for (; o->data < o->end; o->data++) {
		char c = *o->data;
		bool is_inside = (c & 0xc0) == 0x80; /* of a character */
		if (!is_inside && characters-- == 0)
			return;
		bool is_line_end = c == '\n' || (c == '\r' && (o->data + 1 == o->end || o->data[1] != '\n'));
		o->line += is_line_end;
		o->column = is_line_end ? 0 : o->column + !is_inside;
	}
}
