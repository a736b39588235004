// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One malloc per piece, not large blocks: the sanitizers then see the end of every array. */
struct piece {
	struct piece *next;
	max_align_t data[];
};

struct manifest_memory {
	struct piece *pieces;
};

struct manifest_memory *arena_create(void)
{
	return memory_new(1, sizeof(struct manifest_memory));
}

void arena_destroy(struct manifest_memory *a)
{
	if (!a)
		return;
	for (struct piece *p = a->pieces, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	free(a);
}

void *arena_new(struct manifest_memory *a, size_t count, size_t size)
{
	struct piece *p = memory_new(1, sizeof *p + count * size);
	p->next = a->pieces;
	a->pieces = p;
	return p->data;
}

const char *arena_text(struct manifest_memory *a, const char *data, size_t length)
{
	if (!length)
		return "";
	char *copy = arena_new(a, length + 1, 1);
	memcpy(copy, data, length);
	return copy;
}

char *arena_printf(struct manifest_memory *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	auto_text t = TEXT_INIT(SIZE_MAX / 4);
	text_vprintf(&t, format, args);
	va_end(args);
	char *copy = arena_new(a, t.length + 1, 1);
	memcpy(copy, text_str(&t), t.length);
	return copy;
}

void *arena_grow(struct manifest_memory *a, void *old, size_t count, size_t size)
{
	bool is_full = (count & (count - 1)) == 0; /* capacities are powers of two */
	if (!is_full)
		return old;
	void *larger = arena_new(a, count ? count * 2 : 1, size);
	if (count)
		memcpy(larger, old, count * size);
	return larger;
}
