// SPDX-License-Identifier: Apache-2.0
/* run_record.c - a record that could be read can be written, read again, and is then the same. */
#include "run/record.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct timeline *read_all(const void *data, size_t size)
{
	struct timeline *t = NULL;
	struct err err = {0};
	FILE *in = fmemopen((void *)data, size, "r");
	int result = record_read_stream(in, "fuzz", &t, &err);
	(void)fclose(in);
	assert((result == 0) == (t != NULL));
	assert(result == 0 || err.kind == ERR_INPUT);
	return t;
}

static char *write_all(const struct timeline *t, size_t *ret_size)
{
	char *data = NULL;
	FILE *out = open_memstream(&data, ret_size);
	int result = record_write(out, t, NULL);
	(void)fclose(out);
	assert(result == 0);
	return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct timeline *first = read_all(data, size);
	if (!first)
		return 0;
	size_t a_size, b_size;
	char *a = write_all(first, &a_size);
	struct timeline *second = read_all(a, a_size);
	assert(second);
	char *b = write_all(second, &b_size);
	assert(a_size == b_size && !memcmp(a, b, a_size));
	free(a);
	free(b);
	timeline_destroy(first);
	timeline_destroy(second);
	return 0;
}
