/* book.h - what is kept of outcomes as they come: by kind and over time. One for each thread that tells them, so that
 * none waits for another; added up at the end. */
#ifndef LOAD_BOOK_H
#define LOAD_BOOK_H

#include "course.h"
#include "tally.h"

struct book {
	struct tally tally;
	struct course course;
	uint64_t cut; /* lost only because nobody waited any longer */
};

struct book *book_create(void);
void book_destroy(struct book *b); /* NULL is fine */
void book_add(struct book *b, const struct outcome *o, int64_t start_ns, bool is_cut);
void book_merge(struct book *into, const struct book *from);

#endif
