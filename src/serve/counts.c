// SPDX-License-Identifier: Apache-2.0
#include "counts.h"

#include <stddef.h>

const char *counts_cut_name(enum cut cut)
{
	static const char *const names[] = {"unread", "reading", "queued", "working", "answering"};
	return names[cut];
}

const char *counts_timeout_name(enum timeout timeout)
{
	static const char *const names[] = {"idle", "header", "body", "write"};
	return names[timeout];
}

uint64_t counts_sum_cut(const struct counts *t)
{
	uint64_t sum = 0;
	for (int i = 0; i < CUT_KINDS; i++)
		sum += t->cut[i];
	return sum;
}

/* It is counters throughout. */
void counts_add(struct counts *sum, const struct counts *one)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)one;
	for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
