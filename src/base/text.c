// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void text_finish(struct text *t)
{
	free(t->data);
	*t = (struct text){.max = t->max};
}

void text_reset(struct text *t)
{
	t->length = 0;
	t->truncated = false;
	if (t->data)
		t->data[0] = '\0';
}

static void text_reserve(struct text *t, size_t more)
{
	if (t->length + more + 1 <= t->capacity)
		return;
	size_t capacity = t->capacity ? t->capacity * 2 : 256;
	while (capacity < t->length + more + 1)
		capacity *= 2;
	t->data = memory_resize(t->data, capacity, 1);
	t->capacity = capacity;
}

void text_append(struct text *t, const char *data, size_t length)
{
	if (length > t->max - t->length) {
		length = t->max - t->length;
		t->truncated = true;
	}
	text_reserve(t, length);
	if (length)
		memcpy(t->data + t->length, data, length);
	t->length += length;
	t->data[t->length] = '\0';
}

void text_add(struct text *t, const char *string)
{
	text_append(t, string, strlen(string));
}

void text_vprintf(struct text *t, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	char small[256];
	int n = vsnprintf(small, sizeof small, format, args);
	if (n >= 0 && (size_t)n < sizeof small) {
		text_append(t, small, (size_t)n);
	} else if (n >= 0) {
		char *large = memory_new((size_t)n + 1, 1);
		vsnprintf(large, (size_t)n + 1, format, again);
		text_append(t, large, (size_t)n);
		free(large);
	}
	va_end(again);
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_vprintf(t, format, args);
	va_end(args);
}

const char *text_str(const struct text *t)
{
	return t->data ? t->data : "";
}

char *text_steal(struct text *t)
{
	char *data = t->data ? t->data : memory_copy("");
	*t = (struct text){.max = t->max};
	return data;
}

int text_read_fd(struct text *t, int fd)
{
	char chunk[16384];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			return t->truncated ? -EFBIG : 0;
		text_append(t, chunk, (size_t)n);
		if (t->truncated)
			return -EFBIG;
	}
}
