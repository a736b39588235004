// SPDX-License-Identifier: Apache-2.0
#include "course.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define SUB_BITS 3
#define FIRST_POWER 10 /* 1 us, nearly: all below is one bucket */

/* Each a multiple of the one before. */
static const int64_t widths[] = {
	10 * NS_PER_MS, 100 * NS_PER_MS, NS_PER_S,        10 * NS_PER_S,
	60 * NS_PER_S,  600 * NS_PER_S,  3600 * NS_PER_S, 36000 * NS_PER_S,
};
#define WIDTHS ((int)(sizeof widths / sizeof *widths))

void course_init(struct course *c)
{
	*c = (struct course){.cells = memory_new(COURSE_CELLS, sizeof *c->cells)};
}

void course_finish(struct course *c)
{
	free(c->cells);
	c->cells = NULL;
}

static unsigned bucket_of(int64_t ns)
{
	if (ns < INT64_C(1) << FIRST_POWER)
		return 0;
	unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)ns);
	unsigned sub = (unsigned)(ns >> (power - SUB_BITS)) & ((1 << SUB_BITS) - 1);
	unsigned bucket = ((power - FIRST_POWER) << SUB_BITS) + sub;
	return bucket < COURSE_BUCKETS ? bucket : COURSE_BUCKETS - 1;
}

/* The largest value of a bucket. */
static int64_t bucket_end(unsigned bucket)
{
	unsigned power = (bucket >> SUB_BITS) + FIRST_POWER;
	int64_t sub = (bucket & ((1 << SUB_BITS) - 1)) + (1 << SUB_BITS);
	return ((sub + 1) << (power - SUB_BITS)) - 1;
}

static void cell_merge(struct course_cell *into, const struct course_cell *from)
{
	into->lost += from->lost;
	into->answered += from->answered;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (int i = 0; i < COURSE_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

static int64_t cell_p99(const struct course_cell *cell)
{
	uint64_t seen = 0, wanted = cell->answered - cell->answered / 100;
	for (unsigned i = 0; cell->answered && i < COURSE_BUCKETS; i++) {
		seen += cell->buckets[i];
		if (seen >= wanted)
			return bucket_end(i) < cell->max_ns ? bucket_end(i) : cell->max_ns;
	}
	return cell->max_ns;
}

static void course_widen(struct course *c)
{
	int times = (int)(widths[c->width + 1] / widths[c->width]);
	for (int i = 0; i < c->used; i++) {
		struct course_cell moved = c->cells[i];
		c->cells[i] = (struct course_cell){0};
		cell_merge(&c->cells[i / times], &moved);
	}
	c->used = (c->used + times - 1) / times;
	c->width++;
}

static struct course_cell *course_find(struct course *c, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	while (ns / widths[c->width] >= COURSE_CELLS && c->width + 1 < WIDTHS)
		course_widen(c);
	int64_t i = ns / widths[c->width];
	if (i >= COURSE_CELLS)
		i = COURSE_CELLS - 1;
	if (i >= c->used)
		c->used = (int)i + 1;
	return &c->cells[i];
}

void course_add(struct course *c, const struct outcome *o, int64_t start_ns)
{
	if (outcome_is_client_side(o->kind))
		return;
	struct course_cell *cell = course_find(c, o->scheduled_ns - start_ns);
	if (o->kind != OUTCOME_OK) {
		cell->lost++;
		return;
	}
	int64_t latency = o->ended_ns - o->scheduled_ns;
	cell->answered++;
	cell->buckets[bucket_of(latency)]++;
	if (latency > cell->max_ns)
		cell->max_ns = latency;
}

void course_merge(struct course *into, const struct course *from)
{
	while (into->width < from->width)
		course_widen(into);
	int64_t times = widths[into->width] / widths[from->width];
	for (int i = 0; i < from->used; i++)
		cell_merge(&into->cells[i / times], &from->cells[i]);
	int used = (int)((from->used + times - 1) / times);
	into->used = used > into->used ? used : into->used;
}

/* The least round number of cells of which there are few enough. */
static int course_step(const struct course *c)
{
	static const int steps[] = {1, 2, 5, 10, 20, 50};
	size_t i = 0;
	while (i + 1 < sizeof steps / sizeof *steps && (c->used + steps[i] - 1) / steps[i] > COURSE_COLUMNS_MAX)
		i++;
	return steps[i];
}

int course_columns(const struct course *c, struct course_column ret_columns[COURSE_COLUMNS_MAX], int64_t *ret_width_ns)
{
	int step = course_step(c), count = 0;
	for (int first = 0; first < c->used; first += step) {
		struct course_cell sum = {0};
		for (int i = first; i < c->used && i < first + step; i++)
			cell_merge(&sum, &c->cells[i]);
		ret_columns[count++] = (struct course_column){
			.lost = sum.lost, .answered = sum.answered, .p99_ns = cell_p99(&sum), .max_ns = sum.max_ns};
	}
	*ret_width_ns = widths[c->width] * step;
	return count;
}
