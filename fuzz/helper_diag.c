// SPDX-License-Identifier: Apache-2.0
/* helper_diag.c - a netlink answer is read within its bounds, and says the same wherever it lies in memory. */
#include "helper/diag.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	unsigned count;
	uint64_t sum;
};

static void take(const struct diag_socket *s, void *data)
{
	struct seen *seen = data;
	seen->count++;
	seen->sum = seen->sum * 31 + s->key.local_port + s->state + s->unread + s->bytes_received + s->segments_in;
}

/* In memory of its own size, `shift` bytes off any alignment. */
static int parse(const uint8_t *data, size_t size, size_t shift, struct seen *ret_seen)
{
	char *copy = malloc(size + shift + 1);
	if (!copy)
		abort();
	memcpy(copy + shift, data, size);
	*ret_seen = (struct seen){0};
	int rc = diag_parse(copy + shift, size, take, ret_seen);
	free(copy);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen a, b;
	int first = parse(data, size, 0, &a), second = parse(data, size, 1, &b);
	if (first != second || first > 1 || a.count != b.count || a.sum != b.sum || a.count > size / 16)
		abort();
	return 0;
}
