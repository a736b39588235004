// SPDX-License-Identifier: Apache-2.0
/* http_response.c - what a response is does not depend on how its bytes were cut. The first byte of the input decides
 * whether it answers a HEAD request and how the second reading is cut. */
#include "http/response.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct response r;
	char first[16], second[64];
	size_t used;
	uint64_t body; /* a hash of what was handed out, and how much */
	size_t body_length;
};

static void reading_take_body(const char *piece, size_t length, void *data)
{
	struct reading *g = data;
	for (size_t i = 0; i < length; i++)
		g->body = (g->body ^ (unsigned char)piece[i]) * UINT64_C(0x100000001b3);
	g->body_length += length;
}

static void reading_begin(struct reading *g, bool answers_head)
{
	memset(g, 0, sizeof *g);
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{"X-Pod", g->first, sizeof g->first},
		{"X-Upstream", g->second, sizeof g->second},
	};
	response_init(&g->r, wanted);
	g->r.body = reading_take_body;
	g->r.body_data = g;
	response_begin(&g->r, answers_head);
}

/* In memory of its own size, so that a read beyond the piece is seen. */
static void reading_feed(struct reading *g, const uint8_t *data, size_t length)
{
	char *copy = malloc(length ? length : 1);
	if (!copy)
		abort();
	memcpy(copy, data, length);
	size_t used = response_feed(&g->r, copy, length);
	if (used > length || (used < length && g->r.state != RESPONSE_DONE && g->r.state != RESPONSE_MALFORMED))
		abort();
	g->used += used;
	free(copy);
}

static void check_same(const struct reading *a, const struct reading *b)
{
	if (a->r.state != b->r.state || a->r.status != b->r.status || a->r.body_begun != b->r.body_begun ||
	    a->r.keep_alive != b->r.keep_alive)
		abort();
	if (a->body_length != b->body_length || a->body != b->body)
		abort();
	if (a->r.state == RESPONSE_DONE &&
	    (a->used != b->used || strcmp(a->first, b->first) || strcmp(a->second, b->second)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	bool answers_head = data[0] & 1;
	size_t step = 1 + (data[0] >> 1) % 16;
	struct reading whole, cut;
	reading_begin(&whole, answers_head);
	reading_begin(&cut, answers_head);
	data++;
	size--;
	reading_feed(&whole, data, size);
	for (size_t at = 0; at < size; at += step)
		reading_feed(&cut, data + at, at + step < size ? step : size - at);
	check_same(&whole, &cut);
	response_end(&whole.r);
	response_end(&cut.r);
	check_same(&whole, &cut);
	return 0;
}
