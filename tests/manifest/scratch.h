/* scratch.h - a folder of its own for a test, with files in it; gone afterwards. */
#ifndef TESTS_MANIFEST_SCRATCH_H
#define TESTS_MANIFEST_SCRATCH_H

#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline int scratch_make(void **state)
{
	strcpy(scratch, "/tmp/manifest-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
	auto_free char *command = memory_printf("rm -rf '%s'", scratch);
	return system(command);
}

static inline void scratch_write(const char *name, const char *text, mode_t mode)
{
	auto_free char *path = memory_printf("%s/%s", scratch, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static inline char *scratch_path(const char *name)
{
	return memory_printf("%s/%s", scratch, name);
}

#endif
