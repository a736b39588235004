// SPDX-License-Identifier: Apache-2.0
/* http_h2_server.c - a connection's bytes against an application that answers in every way there is, at once or late,
 * shuts down, dismisses and gives up. The same must come of it however the bytes are cut; memory has a bound; every
 * request that was told of is closed once, with its answer sent whole if it says so; no GOAWAY leaves one out that was
 * told of; and at the end nothing is unsent but what the peer's windows hold back.
 *
 * The first five bytes say what the application does (byte 4, bit 0: the preface is ours), the rest is the peer's. */
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "http/h2_preface.h"
#include "http/h2_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY_MAX (4 << 20)
#define STREAM_MAX 65536 /* larger ids are not looked at */
#define SEGMENT_MAX 400

enum answer_kind { ANSWER_EMPTY = 0, ANSWER_COPIED, ANSWER_LARGE, ANSWER_READ, ANSWER_BROKEN, ANSWER_TRAILERS, KINDS };

/* What the application knows of a request. */
struct work {
	struct list link; /* held */
	struct h2_request *request;
	uint64_t sum; /* of the content */
	size_t read;  /* of an answer that comes bit by bit */
	bool is_deferred, is_answered;
};

struct run {
	struct h2_server *server;
	struct h2_config config;
	nghttp2_mem memory;
	size_t used, used_most, live;
	struct text story, out;
	struct list held;
	struct random random;
	uint64_t seed;
	int32_t last_told;
	uint8_t ended[STREAM_MAX]; /* 1: its answer's end was sent, 2: closed as sent */
};

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void *run_realloc(void *old, size_t size, void *data)
{
	struct run *run = data;
	size_t *block = old ? (size_t *)old - 2 : NULL;
	run->used -= block ? *block : 0;
	block = realloc(block, size + 2 * sizeof *block);
	*block = size;
	run->used += size;
	run->used_most = run->used > run->used_most ? run->used : run->used_most;
	return block + 2;
}

static void *run_malloc(size_t size, void *data)
{
	return run_realloc(NULL, size, data);
}

static void *run_calloc(size_t count, size_t size, void *data)
{
	return memset(run_realloc(NULL, count * size, data), 0, count * size);
}

static void run_free(void *old, void *data)
{
	struct run *run = data;
	if (!old)
		return;
	run->used -= *((size_t *)old - 2);
	free((size_t *)old - 2);
}

static struct work *work_of(struct run *run, struct h2_request *r)
{
	if (!r->data) {
		struct work *w = r->data = memory_new(1, sizeof *w);
		w->request = r;
		list_init(&w->link);
		check(++run->live <= H2_STREAMS_MAX, "more requests than there may be");
	}
	return r->data;
}

/* Now a little, now nothing. */
static ssize_t work_read(struct h2_request *r, char *out, size_t size, void *data)
{
	struct work *w = r->data;
	bool breaks = ((struct run *)data)->seed % KINDS == ANSWER_BROKEN;
	w->is_deferred = !w->is_deferred;
	if (w->is_deferred)
		return -EAGAIN;
	if (w->read > 100)
		return breaks ? -EIO : 0;
	size_t n = size < 40 ? size : 40;
	memset(out, 'r', n);
	w->read += n;
	return (ssize_t)n;
}

static enum answer_kind kind_of(const struct run *run, const struct h2_request *r)
{
	return (enum answer_kind)((run->seed >> 8) + (uint64_t)r->id / 2) % KINDS;
}

static void work_answer(struct run *run, struct work *w)
{
	static const char large[40000];
	static const struct h2_field fields[] = {{"x-pod", "a"}, {"date", "today"}};
	static const struct h2_field trailers[] = {{"grpc-status", "0"}};
	struct h2_request *r = w->request;
	struct h2_answer a = {.status = r->status ? r->status : 200, .fields = fields, .field_count = 2};
	enum answer_kind kind = kind_of(run, r);
	if (kind == ANSWER_READ || kind == ANSWER_BROKEN)
		a.read = work_read;
	else if (kind != ANSWER_EMPTY)
		a.content = kind == ANSWER_LARGE ? large : "hello";
	a.length = kind == ANSWER_LARGE ? sizeof large : a.content ? 5 : 0;
	a.is_lasting = kind == ANSWER_LARGE;
	a.trailers = trailers;
	a.trailer_count = kind == ANSWER_TRAILERS;
	check(h2_request_answer(r, &a) == 0, "not answered");
	w->is_answered = true;
	list_unlink(&w->link);
}

static void on_content(struct h2_request *r, const char *bytes, size_t length, void *data)
{
	struct work *w = work_of(data, r);
	check(length > 0 && !r->is_told, "content that cannot be");
	for (size_t i = 0; i < length; i++)
		w->sum = w->sum * 31 + (uint8_t)bytes[i];
}

static void on_request(struct h2_request *r, void *data)
{
	struct run *run = data;
	struct work *w = work_of(run, r);
	text_printf(&run->story, "%d: %s %s %s %s status %d, %zu bytes, sum %zu\n", r->id, r->method, r->path,
		    r->authority, r->values[0] ? r->values[0] : "", r->status, (size_t)r->content_length,
		    (size_t)w->sum);
	check(r->id > 0 && r->method && r->path && strlen(r->path) <= HTTP_TARGET_MAX, "a request that cannot be");
	run->last_told = r->id > run->last_told ? r->id : run->last_told;
	if (r->status || (run->seed + (uint64_t)r->id / 2) % 3 == 0)
		work_answer(run, w);
	else
		list_append(&run->held, &w->link);
}

static void on_close(struct h2_request *r, uint32_t code, void *data)
{
	struct run *run = data;
	struct work *w = r->data;
	if (r->is_told) /* how much content comes before nghttp2 sees that it is too long depends on the cuts */
		text_printf(&run->story, "%d: closed %u\n", r->id, code);
	check(w && (code != NGHTTP2_NO_ERROR || w->is_answered), "closed without its answer");
	if (code == NGHTTP2_NO_ERROR && r->id < STREAM_MAX)
		run->ended[r->id] |= 2;
	list_unlink(&w->link);
	free(w);
	run->live--;
}

static void run_init(struct run *run, uint64_t seed)
{
	static const char *const wanted[] = {"zerodrop-trace", NULL};
	*run = (struct run){
		.memory = {run, run_malloc, run_free, run_calloc, run_realloc},
		.story = TEXT_INIT(16 << 20),
		.out = TEXT_INIT(64 << 20),
		.random = {seed},
		.seed = seed,
	};
	list_init(&run->held);
	run->config = (struct h2_config){
		.limits = {.head_max = 2000, .fields_max = 20, .content_max = 1000},
		.wanted = wanted,
		.on_request = on_request,
		.on_content = on_content,
		.on_close = on_close,
		.memory = &run->memory,
	};
	run->server = h2_server_create(&run->config, run);
	check(run->server, "not created");
}

/* In memory of its own size, so that a read beyond it is seen. */
static void run_feed(struct run *run, const uint8_t *data, size_t length)
{
	char *piece = memcpy(malloc(length), data, length);
	h2_server_feed(run->server, piece, length);
	free(piece);
}

static void run_drain(struct run *run, size_t most)
{
	char out[5000];
	for (size_t n = 1; most && n;) {
		n = h2_server_write(run->server, out, most < sizeof out ? most : sizeof out);
		text_append(&run->out, out, n);
		most -= n;
	}
}

static void run_resume(struct run *run)
{
	list_each(link, next, &run->server->requests) h2_request_resume(list_entry(link, struct h2_request, link));
}

/* Between two segments, the application does something. */
static void run_act(struct run *run)
{
	struct work *first = list_is_empty(&run->held) ? NULL : list_entry(run->held.next, struct work, link);
	int64_t what = random_between(&run->random, 0, 15);
	if (what < 6)
		run_drain(run, SIZE_MAX);
	else if (what < 8)
		run_drain(run, (size_t)random_between(&run->random, 1, 100));
	else if (what < 11 && first)
		work_answer(run, first);
	else if (what == 11)
		run_resume(run);
	else if (what == 12)
		h2_server_shutdown(run->server);
	else if (what == 13 && random_between(&run->random, 0, 3) == 0)
		h2_server_dismiss(run->server);
	else if (what == 14 && first)
		h2_request_reset(first->request, NGHTTP2_REFUSED_STREAM);
}

/* `most`: how many bytes are fed at once within a segment; 0: all. */
static void run_peer(struct run *run, const uint8_t *data, size_t size, size_t most)
{
	struct random cuts = {size + most};
	for (size_t at = 0; at < size;) {
		size_t segment = (size_t)random_between(&run->random, 1, SEGMENT_MAX);
		size_t end = at + segment < size ? at + segment : size;
		while (at < end) {
			size_t n = most ? (size_t)random_between(&cuts, 1, (int64_t)most) : end - at;
			n = n < end - at ? n : end - at;
			run_feed(run, data + at, n);
			at += n;
		}
		run_act(run);
	}
}

/* What is left waits for the rest of the request or for the peer's windows. */
static void run_finish(struct run *run)
{
	for (int i = 0; i < 100; i++) {
		while (!list_is_empty(&run->held))
			work_answer(run, list_entry(run->held.next, struct work, link));
		run_resume(run);
		run_drain(run, SIZE_MAX);
	}
	check(!h2_server_write(run->server, (char[1]){0}, 1), "there is no end to it");
	struct h2_server *s = run->server;
	text_printf(&run->story, "failure %u, done %d, idle %d\n", s->failure, h2_server_is_done(s),
		    h2_server_is_idle(s));
	check(!s->failure || (list_is_empty(&s->requests) && h2_server_is_done(s)), "failed and not at its end");
	list_each(link, next, &s->requests)
	{
		struct h2_request *r = list_entry(link, struct h2_request, link);
		bool is_shut = nghttp2_session_get_remote_window_size(s->session) <= 0 ||
			       nghttp2_session_get_stream_remote_window_size(s->session, r->id) <= 0;
		check(!r->is_told || (r->is_answered && is_shut), "an answer is lost");
	}
}

static uint32_t number_of(const uint8_t *at)
{
	return ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) & INT32_MAX;
}

/* Reads what was sent. WINDOW_UPDATEs are taken out: how many there are depends on the cuts. */
static void run_read_out(struct run *run, struct text *ret_kept)
{
	const uint8_t *at = (const uint8_t *)text_str(&run->out), *end = at + run->out.length;
	uint32_t last = INT32_MAX;
	while (at < end) {
		check(end - at >= H2_FRAME_HEAD, "half a frame");
		size_t length = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
		uint32_t id = number_of(at + 5);
		check((size_t)(end - at) >= H2_FRAME_HEAD + length, "half a frame's payload");
		if (at[3] <= NGHTTP2_HEADERS && at[4] & NGHTTP2_FLAG_END_STREAM && id < STREAM_MAX) {
			check(!(run->ended[id] & 1), "two answers");
			run->ended[id] |= 1;
		}
		if (at[3] == NGHTTP2_GOAWAY) {
			check(number_of(at + 9) <= last, "a GOAWAY that takes back one before it");
			last = number_of(at + 9);
		}
		if (at[3] != NGHTTP2_WINDOW_UPDATE)
			text_append(ret_kept, (const char *)at, H2_FRAME_HEAD + length);
		at += H2_FRAME_HEAD + length;
	}
	check(last >= (uint32_t)run->last_told, "a GOAWAY that leaves out what was told of");
	for (size_t i = 0; i < STREAM_MAX; i++)
		check(run->ended[i] != 2, "closed as answered, and its answer's end was not sent");
}

static void run_all(struct run *run, const uint8_t *data, size_t size, size_t most, struct text *ret_story)
{
	auto_text bytes = TEXT_INIT(16 << 20);
	if (data[4] & 1)
		text_append(&bytes, H2_PREFACE "\0\0\0\4\0\0\0\0\0", H2_PREFACE_LENGTH + H2_FRAME_HEAD);
	text_append(&bytes, (const char *)data + 5, size - 5);
	run_init(run, number_of(data));
	run_peer(run, (const uint8_t *)bytes.data, bytes.length, most);
	run_finish(run);
	run_read_out(run, ret_story);
	h2_server_destroy(run->server);
	check(run->live == 0 && run->used == 0, "something is left");
	check(run->used_most < MEMORY_MAX, "more memory than there may be");
	text_append(ret_story, text_str(&run->story), run->story.length);
	text_finish(&run->story);
	text_finish(&run->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	if (size < 6)
		return 0;
	auto_text whole = TEXT_INIT(64 << 20);
	run_all(&run, data, size, 0, &whole);
	const size_t cuts[] = {1, 20, 300};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		auto_text cut = TEXT_INIT(64 << 20);
		run_all(&run, data, size, cuts[i], &cut);
		check(cut.length == whole.length && !memcmp(text_str(&cut), text_str(&whole), cut.length),
		      "the cuts make a difference");
	}
	return 0;
}
