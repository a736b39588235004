// SPDX-License-Identifier: Apache-2.0
#include "book.h"

#include "base/memory.h"

#include <stdlib.h>

struct book *book_create(void)
{
	struct book *b = memory_new(1, sizeof *b);
	course_init(&b->course);
	return b;
}

void book_destroy(struct book *b)
{
	if (!b)
		return;
	course_finish(&b->course);
	free(b);
}

void book_add(struct book *b, const struct outcome *o, int64_t start_ns, bool is_cut)
{
	tally_add(&b->tally, o);
	course_add(&b->course, o, start_ns);
	if (is_cut && o->kind != OUTCOME_OK && !outcome_is_client_side(o->kind))
		b->cut++;
}

void book_merge(struct book *into, const struct book *from)
{
	tally_merge(&into->tally, &from->tally);
	course_merge(&into->course, &from->course);
	into->cut += from->cut;
}
