// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "base/random.h"
#include "load/book.h"

#include <string.h>

#define BOOKS 3
#define OUTCOMES 3000

static struct outcome draw(struct random *r, int64_t longest_ns)
{
	struct outcome o = {
		.kind = (enum outcome_kind)random_between(r, OUTCOME_OK, OUTCOME_KINDS - 1),
		.status = (int)random_between(r, 200, 204),
		.mismatch = (enum outcome_mismatch)random_between(r, 0, OUTCOME_MISMATCHES - 1),
		.scheduled_ns = random_between(r, 0, longest_ns),
	};
	o.ended_ns = o.scheduled_ns + random_between(r, 1, NS_PER_S);
	return o;
}

static void check_same(const struct book *a, const struct book *b)
{
	struct course_column x[COURSE_COLUMNS_MAX] = {0}, y[COURSE_COLUMNS_MAX] = {0};
	int64_t wide_x, wide_y;
	assert_memory_equal(&a->tally, &b->tally, sizeof a->tally);
	assert_int_equal(a->cut, b->cut);
	assert_int_equal(course_columns(&a->course, x, &wide_x), course_columns(&b->course, y, &wide_y));
	assert_int_equal(wide_x, wide_y);
	assert_memory_equal(x, y, sizeof x);
}

static void several_books_add_up_to_one(void **state)
{
	/* Shorter and longer than the narrowest cells reach; the last book stays empty. */
	static const int64_t longest[] = {NS_PER_S, 7 * NS_PER_S, 3600 * NS_PER_S};
	struct random r = {.state = 4};
	for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
		struct book *whole = book_create(), *parts[BOOKS];
		for (int b = 0; b < BOOKS; b++)
			parts[b] = book_create();
		for (int n = 0; n < OUTCOMES; n++) {
			/* The first knows the first second only, so that the widths differ. */
			struct outcome o = draw(&r, n % 2 ? longest[i] : NS_PER_S);
			book_add(whole, &o, 0, n % 7 == 0);
			book_add(parts[n % 2], &o, 0, n % 7 == 0);
		}
		for (int b = 1; b < BOOKS; b++)
			book_merge(parts[0], parts[b]);
		check_same(parts[0], whole);
		struct book *other = book_create();
		book_merge(other, whole);
		check_same(other, whole);
		book_destroy(other);
		for (int b = 0; b < BOOKS; b++)
			book_destroy(parts[b]);
		book_destroy(whole);
	}
}

static void only_what_was_lost_can_have_been_cut(void **state)
{
	struct book *b = book_create();
	static const enum outcome_kind kinds[] = {OUTCOME_OK, OUTCOME_CLIENT_PORTS, OUTCOME_WAIT_TIMEOUT};
	for (size_t i = 0; i < 3; i++) {
		struct outcome o = {.kind = kinds[i]};
		book_add(b, &o, 0, true);
		book_add(b, &o, 0, false);
	}
	assert_int_equal(b->cut, 1);
	assert_int_equal(b->tally.lost, 2);
	book_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_books_add_up_to_one),
		cmocka_unit_test(only_what_was_lost_can_have_been_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
