// SPDX-License-Identifier: Apache-2.0
/* http_request.c - however the bytes of a connection are cut, the same requests come out of them. */
#include "base/text.h"
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(struct text *story, const struct request *r, enum request_event event)
{
	if (event == REQUEST_HEAD)
		text_printf(story, "head %s old=%d continue=%d wanted=%s target=%zu ", request_method(r), r->is_old,
			    r->expects_continue, r->wanted_value, (size_t)r->target_length);
	if (event == REQUEST_HEAD)
		text_append(story, r->target, r->target_length);
	if (event == REQUEST_DONE)
		text_printf(story, "\ndone keep=%d\n", r->keeps_alive);
	if (event == REQUEST_BAD)
		text_printf(story, "\nbad %d\n", r->status);
}

/* One piece, in memory of its own so that reading past it is seen. False: nothing can follow. */
static bool feed_piece(struct request *r, const uint8_t *data, size_t length, struct text *story)
{
	char *piece = malloc(length);
	memcpy(piece, data, length);
	size_t at = 0, used;
	enum request_event event = REQUEST_MORE;
	do {
		event = request_feed(r, piece + at, length - at, &used);
		if (used > length - at)
			abort();
		at += used;
		tell(story, r, event);
	} while (event == REQUEST_HEAD || event == REQUEST_DONE);
	if (event == REQUEST_MORE && at != length)
		abort();
	free(piece);
	return event != REQUEST_BAD;
}

/* Pieces of 1 to `most` bytes; `most` = size: in one piece. */
static void feed(const uint8_t *data, size_t size, size_t most, unsigned seed, struct text *story)
{
	struct request r;
	request_init(&r);
	r.wanted = "zerodrop-trace";
	for (size_t at = 0; at < size;) {
		seed = seed * 1103515245 + 12345;
		size_t n = 1 + (seed >> 16) % most;
		n = most == size ? size : n < size - at ? n : size - at;
		if (!feed_piece(&r, data + at, n, story))
			return;
		at += n;
	}
	text_printf(story, "begun=%d\n", request_has_begun(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	auto_text whole = TEXT_INIT(16 * 1024 * 1024);
	feed(data, size, size, 0, &whole);
	const size_t cuts[] = {1, 3, 17, 700};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		auto_text cut = TEXT_INIT(16 * 1024 * 1024);
		feed(data, size, cuts[i], (unsigned)(size + i), &cut);
		if (strcmp(text_str(&whole), text_str(&cut)) != 0)
			abort();
	}
	return 0;
}
