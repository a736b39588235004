/* course.h - how a load went over time: latency and losses in cells of equal width, by when requests were due.
 *
 * By when they were due, since that is what whoever had come at that moment would have met: a stall shows where it was,
 * not where it ended. Memory is bounded: when a load outgrows the cells, they are merged into wider ones.
 */
#ifndef LOAD_COURSE_H
#define LOAD_COURSE_H

#include "outcome.h"

#define COURSE_CELLS 600
#define COURSE_BUCKETS 264 /* 8 for each power of two, from 1 us on: a percentile is at most an eighth too high */
#define COURSE_COLUMNS_MAX 60

struct course_cell {
	uint64_t lost, answered;
	int64_t max_ns;
	uint32_t buckets[COURSE_BUCKETS]; /* of the latency of what was answered as expected */
};

struct course {
	struct course_cell *cells; /* COURSE_CELLS; pages that are not used are not there */
	int used;
	int width; /* which of the widths */
};

/* What fits on a line. */
struct course_column {
	uint64_t lost, answered;
	int64_t p99_ns, max_ns; /* 0: none answered */
};

void course_init(struct course *c);
void course_finish(struct course *c);
/* Instants count from the start of the load. Our own limits are no outcome of the service and are left out. */
void course_add(struct course *c, const struct outcome *o, int64_t start_ns);
void course_merge(struct course *into, const struct course *from);
/* In round widths; returns how many columns there are. */
int course_columns(const struct course *c, struct course_column ret_columns[COURSE_COLUMNS_MAX], int64_t *ret_width_ns);

#endif
