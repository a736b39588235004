// SPDX-License-Identifier: Apache-2.0
/* http_h2_client.c - what becomes of HTTP/2 requests does not depend on how the server's bytes were cut. The first byte
 * of the input decides whether the server's settings are known before (if not, only one request is on its way), and how
 * the second reading is cut. */
#include "http/h2_client.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 32768 /* so that everything that is answered finds place: then it is settled frame by frame */
#define ASKED_MAX 8

struct asked {
	struct h2_stream stream;
	char first[16], second[64];
	uint64_t body; /* a sum that depends on the order */
	int order;     /* of the ends, from 1; 0: none */
	enum h2_end end;
};

struct reading {
	struct h2_client *client;
	struct asked asked[ASKED_MAX];
	int count, ended;
	int rc;
};

static struct h2_client_request requests[3];

static void requests_init(void)
{
	static char body[20000];
	static const char *const methods[] = {"GET", "POST", "HEAD"};
	for (int i = 0; i < 3; i++) {
		struct h2_client_request_parts parts = {methods[i],           "http",      "a",   "/", NULL,
							i == 1 ? body : NULL, sizeof body, i == 1};
		h2_client_request_init(&requests[i], &parts);
	}
}

static void reading_ask(struct reading *g)
{
	struct asked *a = &g->asked[g->count];
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{"X-Pod", a->first, sizeof a->first},
		{"X-Upstream", a->second, sizeof a->second},
	};
	h2_client_submit(g->client, &a->stream, &requests[g->count++ % 3], wanted);
}

static void on_body(struct h2_stream *s, const char *bytes, size_t length, void *data)
{
	struct asked *a = (struct asked *)s;
	for (size_t i = 0; i < length; i++)
		a->body = a->body * 31 + (uint8_t)bytes[i] + 1;
}

static void on_ended(struct h2_stream *s, enum h2_end end, void *data)
{
	struct reading *g = data;
	struct asked *a = (struct asked *)s;
	if (a->order)
		abort();
	a->order = ++g->ended;
	a->end = end;
	if (end != H2_MALFORMED && g->count < ASKED_MAX && h2_client_room(g->client))
		reading_ask(g);
}

/* In memory of its own size, so that a read beyond the piece is seen. */
static void reading_feed(struct reading *g, const uint8_t *data, size_t length)
{
	char *copy = malloc(length ? length : 1);
	if (!copy)
		abort();
	memcpy(copy, data, length);
	g->rc = h2_client_feed(g->client, copy, length);
	free(copy);
	if (h2_client_in_flight(g->client) != (uint32_t)(g->count - g->ended))
		abort();
}

static void reading_begin(struct reading *g, bool is_told)
{
	static const struct h2_client_events events = {on_body, on_ended};
	static const uint8_t settings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
	memset(g, 0, sizeof *g);
	g->client = h2_client_create(&events, g);
	if (is_told)
		reading_feed(g, settings, sizeof settings);
	while (g->count < 3 && h2_client_room(g->client))
		reading_ask(g);
}

/* Nothing can happen any more: it is broken, or nothing is on it and nothing will be. */
static bool reading_is_over(const struct reading *g)
{
	return g->rc || (h2_client_is_closing(g->client) && !h2_client_in_flight(g->client));
}

/* Whether an answer was found malformed before the same frame broke the whole connection is all one: what is left on a
 * broken one is called malformed, and what is left of one that is over is not looked at. */
static void reading_end(struct reading *g)
{
	for (int i = 0; reading_is_over(g) && i < g->count; i++) {
		struct asked *a = &g->asked[i];
		if (!a->order)
			a->end = H2_MALFORMED;
		if (a->end == H2_MALFORMED)
			a->order = a->stream.code = 0;
	}
}

static void check_same_asked(const struct asked *a, const struct asked *b)
{
	const struct h2_stream *s = &a->stream, *t = &b->stream;
	if (a->order != b->order || s->status != t->status || s->head_begun != t->head_begun ||
	    s->body_begun != t->body_begun)
		abort();
	if (a->end != b->end || (a->order && s->code != t->code))
		abort();
	if (a->order && a->end == H2_DONE &&
	    (s->received != t->received || a->body != b->body || strcmp(a->first, b->first) ||
	     strcmp(a->second, b->second)))
		abort();
}

static void check_same(const struct reading *a, const struct reading *b)
{
	if (a->count != b->count || reading_is_over(a) != reading_is_over(b) ||
	    h2_client_is_closing(a->client) != h2_client_is_closing(b->client) ||
	    h2_client_room(a->client) != h2_client_room(b->client))
		abort();
	for (int i = 0; i < a->count; i++)
		check_same_asked(&a->asked[i], &b->asked[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading whole, cut;
	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!requests[0].count)
		requests_init();
	bool is_told = data[0] & 1;
	size_t step = 1 + (data[0] >> 1) % 16;
	reading_begin(&whole, is_told);
	reading_begin(&cut, is_told);
	data++;
	size--;
	reading_feed(&whole, data, size);
	for (size_t at = 0; at < size && !cut.rc; at += step)
		reading_feed(&cut, data + at, at + step < size ? step : size - at);
	reading_end(&whole);
	reading_end(&cut);
	check_same(&whole, &cut);
	h2_client_destroy(whole.client);
	h2_client_destroy(cut.client);
	return 0;
}
