// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *memory_check(void *p)
{
	if (!p) {
		fputs("zerodrop: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *memory_new(size_t count, size_t size)
{
	return memory_check(calloc(count ? count : 1, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
	return memory_check(reallocarray(old, count ? count : 1, size));
}

char *memory_copy(const char *string)
{
	return string ? memory_check(strdup(string)) : NULL;
}

char *memory_copy_n(const char *data, size_t length)
{
	return memory_check(strndup(data, length));
}

char *memory_printf(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *result = NULL;
	int n = vasprintf(&result, format, args);
	va_end(args);
	return memory_check(n < 0 ? NULL : result);
}

void memory_free_pointer(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
