/* request_story.h - what comes out of a connection's bytes, in words, however they are cut. */
#ifndef TESTS_REQUEST_STORY_H
#define TESTS_REQUEST_STORY_H

#include "base/random.h"
#include "base/text.h"
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

static inline void story_tell(struct text *story, const struct request *r, enum request_event event)
{
	switch (event) {
	case REQUEST_HEAD:
		text_printf(story, "%s %.*s%s ", request_method(r), (int)r->target_length, r->target,
			    r->expects_continue ? " expects" : "");
		if (r->wanted_value[0])
			text_printf(story, "(%s) ", r->wanted_value);
		break;
	case REQUEST_DONE:
		text_add(story, r->keeps_alive ? "kept\n" : "last\n");
		break;
	case REQUEST_BAD:
		text_printf(story, "bad %d\n", r->status);
		break;
	case REQUEST_MORE:
		break;
	}
}

/* Feeds pieces of `low` to `high` bytes, each in memory of its own size, and writes down what happens. */
static inline void story_feed(struct text *story, const struct http_limits *limits, const char *data, size_t length,
			      size_t low, size_t high, uint64_t seed)
{
	struct random random = {seed};
	struct request r;
	request_init(&r);
	r.limits = limits;
	r.wanted = "zerodrop-trace";
	enum request_event event = REQUEST_MORE;
	for (size_t at = 0; at < length && event != REQUEST_BAD;) {
		size_t n = (size_t)random_between(&random, (int64_t)low, (int64_t)high), used, in = 0;
		n = n < length - at ? n : length - at;
		char *piece = malloc(n);
		memcpy(piece, data + at, n);
		do {
			event = request_feed(&r, piece + in, n - in, &used);
			story_tell(story, &r, event);
			in += used;
		} while (event == REQUEST_HEAD || event == REQUEST_DONE);
		free(piece);
		at += n;
	}
	if (event != REQUEST_BAD && request_has_begun(&r))
		text_add(story, "begun\n");
}

#endif
