// SPDX-License-Identifier: Apache-2.0
#include "h2_memory.h"

#include "base/memory.h"

#include <stdlib.h>

static void *take(size_t size, void *data)
{
	return memory_resize(NULL, 1, size);
}

static void *take_zeroed(size_t count, size_t size, void *data)
{
	return memory_new(count, size);
}

static void *take_more(void *old, size_t size, void *data)
{
	return memory_resize(old, 1, size);
}

static void give_back(void *old, void *data)
{
	free(old);
}

nghttp2_mem h2_memory(void)
{
	return (nghttp2_mem){.malloc = take, .calloc = take_zeroed, .realloc = take_more, .free = give_back};
}
