// SPDX-License-Identifier: Apache-2.0
/* What a peer may cost: bytes that no honest client sends, until the server ends it, and honest ones that look alike.
 */
#include "h2_pair.h"

#include "http/h2_meter.h"

/* The most that the session may hold in any of these, the request's own memory aside. */
#define MEMORY_MAX (1 << 20)

struct flood {
	const char *name;
	/* Appends the frames of round `i`. */
	void (*round)(struct text *out, uint32_t i);
	bool is_unread; /* the peer takes nothing of what we send */
	bool holds;     /* requests are not answered */
	uint32_t code;
	uint32_t low, high; /* rounds until the end */
};

static void ping(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void settings(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);
}

static void settings_ack(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "", 0);
}

static void priority(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_PRIORITY, 0, 2 * i + 1, "\0\0\0\0\20", 5);
}

static void window_update(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4);
}

static void unknown(struct text *out, uint32_t i)
{
	frame(out, 0xfa, 0, 1, "", 0);
}

static void goaway(struct text *out, uint32_t i)
{
	if (i == 0)
		frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, FRAME_POST, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
}

static void empty_data(struct text *out, uint32_t i)
{
	if (i == 0)
		frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, FRAME_POST, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_DATA, 0, 1, "", 0);
}

static void empty_continuation(struct text *out, uint32_t i)
{
	if (i == 0)
		frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, FRAME_GET, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_CONTINUATION, 0, 1, "", 0);
}

/* Each a field of 1,000 bytes that is put into the table, and then named again and again. */
static void large_continuation(struct text *out, uint32_t i)
{
	char field[1200] = "\x40\x01x\x7f\xe9\x06"; /* literal, "x", 1000 bytes */
	memset(field + 6, 'v', 1000);
	memset(field + 1006, '\xbe', 10);
	if (i == 0)
		frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, FRAME_GET, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_CONTINUATION, 0, 1, field, 1016);
}

/* Fields without a name or a value, which cost us more than the peer. */
static void empty_fields(struct text *out, uint32_t i)
{
	char field[300] = "";
	for (size_t at = 0; at + 3 <= sizeof field; at += 3)
		memcpy(field + at, "\x00\x00\x00", 3);
	if (i == 0)
		frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, FRAME_GET, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_CONTINUATION, 0, 1, field, sizeof field);
}

static void rapid_reset(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, FRAME_ENDS, 2 * i + 1, FRAME_GET, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_RST_STREAM, 0, 2 * i + 1, "\0\0\0\10", 4);
}

/* The same with the reset of our making: a window beyond 2^31-1. */
static void made_reset(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 2 * i + 1, FRAME_POST, FRAME_GET_LENGTH);
	frame(out, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1, "\x7f\xff\xff\xff", 4);
}

static void malformed(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, FRAME_ENDS, 2 * i + 1, "\x82", 1);
}

static void empty_headers(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, FRAME_ENDS, 2 * i + 1, "", 0);
}

static void request(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, FRAME_ENDS, 2 * i + 1, FRAME_GET, FRAME_GET_LENGTH);
}

static void request_after_settings(struct text *out, uint32_t i)
{
	if (i == 0)
		settings_ack(out, 0);
	request(out, i);
}

static void too_large(struct text *out, uint32_t i)
{
	static const char zero[16385];
	frame(out, NGHTTP2_DATA, 0, 1, zero, sizeof zero);
}

static void even_stream(struct text *out, uint32_t i)
{
	frame(out, NGHTTP2_HEADERS, FRAME_ENDS, 2, FRAME_GET, FRAME_GET_LENGTH);
}

/* Feeds one round and says whether the server goes on. */
static bool flood_once(struct pair *p, const struct flood *f, uint32_t i)
{
	auto_text in = TEXT_INIT(1 << 20);
	if (i == 0)
		frames_begin(&in);
	f->round(&in, i);
	h2_server_feed(p->server, in.data, in.length);
	if (!f->is_unread)
		talk(p);
	text_reset(&p->raw);
	return !h2_server_failure(p->server);
}

static void assert_ended(struct pair *p, const struct flood *f, uint32_t rounds)
{
	if (h2_server_failure(p->server) != f->code || rounds < f->low || rounds > f->high)
		fail_msg("%s: %s after %u", f->name, nghttp2_http2_strerror(h2_server_failure(p->server)), rounds);
	assert_int_equal(p->held_count, 0);
	assert_int_equal(p->requests, p->closed);
	assert_in_range(p->used_most, 1, MEMORY_MAX);
	assert_false(h2_server_wants_input(p->server));
	h2_server_feed(p->server, "more", 4);
	talk(p);
	assert_true(h2_server_is_done(p->server));
}

static void check_flood(const struct flood *f)
{
	struct pair p;
	pair_init_raw(&p);
	p.is_quiet = true;
	p.holds = f->holds;
	uint32_t i = 0;
	while (i < f->high + 1 && flood_once(&p, f, i))
		i++;
	assert_ended(&p, f, i);
	pair_finish(&p);
}

#define CALM NGHTTP2_ENHANCE_YOUR_CALM

static const struct flood floods[] = {
	{"ping", ping, 0, 0, CALM, 99000, 100000},
	{"ping, unread", ping, 1, 0, CALM, H2_ACKS_MAX - 2, H2_ACKS_MAX + 1},
	{"settings", settings, 0, 0, CALM, 990, 1000},
	{"settings, unread", settings, 1, 0, CALM, 900, H2_ACKS_MAX + 1},
	{"settings acks", settings_ack, 0, 0, NGHTTP2_PROTOCOL_ERROR, 1, 2},
	{"priority", priority, 0, 0, CALM, 99000, 100000},
	{"window update", window_update, 0, 0, CALM, 99000, 100000},
	{"unknown", unknown, 0, 0, CALM, 99000, 100000},
	{"goaway", goaway, 0, 0, CALM, 990, 1000},
	{"empty data", empty_data, 0, 0, CALM, 990, 1000},
	{"empty continuation", empty_continuation, 0, 0, CALM, H2_CONTINUATIONS_MAX, H2_CONTINUATIONS_MAX},
	{"large continuation", large_continuation, 0, 0, CALM, 5, 7},
	{"empty fields", empty_fields, 0, 0, CALM, 2, H2_CONTINUATIONS_MAX},
	{"rapid reset", rapid_reset, 0, 1, CALM, H2_CANCELS_MAX, H2_CANCELS_MAX + 1},
	{"rapid reset, unread", rapid_reset, 1, 0, CALM, H2_CANCELS_MAX, H2_CANCELS_MAX + 1},
	{"made reset", made_reset, 0, 1, CALM, H2_CANCELS_MAX, H2_CANCELS_MAX + 1},
	{"made reset, unread", made_reset, 1, 1, CALM, H2_STREAMS_MAX, H2_QUEUE_MAX},
	{"malformed, unread", malformed, 1, 0, CALM, 1, H2_QUEUE_MAX},
	{"empty headers", empty_headers, 0, 0, CALM, H2_CANCELS_MAX, H2_CANCELS_MAX + 1},
	{"requests", request, 0, 1, CALM, H2_CANCELS_MAX + H2_STREAMS_MAX, H2_CANCELS_MAX + H2_STREAMS_MAX + 1},
	{"requests, unread", request, 1, 1, CALM, 1000, H2_QUEUE_MAX + H2_STREAMS_MAX + 1},
	{"requests against the settings", request_after_settings, 0, 1, NGHTTP2_PROTOCOL_ERROR, H2_STREAMS_MAX,
	 H2_STREAMS_MAX},
	{"too large", too_large, 0, 0, NGHTTP2_FRAME_SIZE_ERROR, 0, 0},
	{"even stream", even_stream, 0, 0, NGHTTP2_PROTOCOL_ERROR, 0, 0},
};

static void each_flood_ends_the_connection(void **state)
{
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++)
		check_flood(&floods[i]);
}

/* A head of four times the limit is read on, a larger one is not. */
static void a_head_beyond_all_measure_ends_the_connection(void **state)
{
	char field[600] = "\x40\x01x\x7f\xfd\x02"; /* literal, "x", 508 bytes */
	memset(field + 6, 'v', 508);
	/* 541 bytes each with what they count for; the request's four fields have 166. */
	for (size_t more = 119; more <= 121; more += 2) {
		struct pair p;
		pair_init_raw(&p);
		p.config.limits.fields_max = 1000;
		memset(field + 514, '\xbe', sizeof field - 514);
		auto_text in = TEXT_INIT(1 << 16);
		frames_begin(&in);
		frame(&in, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, FRAME_GET, FRAME_GET_LENGTH);
		frame(&in, NGHTTP2_CONTINUATION, 0, 1, field, 514 + 50);
		frame(&in, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, field + 514, more - 51);
		h2_server_feed(p.server, in.data, in.length);
		talk(&p);
		assert_int_equal(h2_server_failure(p.server), more > 120 ? CALM : 0);
		assert_string_equal(text_str(&p.story),
				    more > 120 ? "" : "GET / at a refused 431\nclosed / NO_ERROR\n");
		pair_finish(&p);
	}
}

static void what_is_not_http2_ends_the_connection(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	h2_server_feed(p.server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27);
	assert_int_equal(h2_server_failure(p.server), NGHTTP2_PROTOCOL_ERROR);
	talk(&p);
	assert_true(h2_server_is_done(p.server));
	pair_finish(&p);
}

/* What a proxy does in an hour: each request with what its client sends around it, and one in three cancelled. */
static void a_busy_connection_is_no_flood(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	p.is_quiet = true;
	auto_text in = TEXT_INIT(1 << 16);
	frames_begin(&in);
	for (uint32_t i = 0; i < 30000; i++) {
		uint32_t id = 2 * i + 1;
		ping(&in, i);
		priority(&in, i);
		request(&in, i);
		if (i % 3 == 0)
			frame(&in, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10", 4);
		for (int j = 0; j < 10; j++)
			window_update(&in, i);
		h2_server_feed(p.server, in.data, in.length);
		talk(&p);
		text_reset(&p.raw);
		text_reset(&in);
		assert_int_equal(h2_server_failure(p.server), 0);
	}
	assert_int_equal(p.requests, 30000);
	assert_int_equal(p.closed, 30000);
	assert_true(h2_server_is_idle(p.server));
	assert_in_range(p.used, 1, 64 * 1024);
	pair_finish(&p);
}

/* The peer takes nothing: we stop reading before it becomes a flood, and go on when it takes it. */
static void what_the_peer_leaves_lying_stops_us_from_reading(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	auto_text in = TEXT_INIT(1 << 16);
	frames_begin(&in);
	h2_server_feed(p.server, in.data, in.length);
	assert_true(h2_server_wants_input(p.server));
	uint32_t i = 0;
	for (; i < 10000 && h2_server_wants_input(p.server); i++) {
		text_reset(&in);
		ping(&in, i);
		h2_server_feed(p.server, in.data, in.length);
	}
	assert_in_range(i, 10, 1000);
	assert_int_equal(h2_server_failure(p.server), 0);
	talk(&p);
	assert_true(h2_server_wants_input(p.server));
	pair_finish(&p);
}

/* Its window is shut, so the answers stay; pinging is no progress. */
static void a_peer_that_takes_no_content_makes_no_progress(void **state)
{
	static char large[100000];
	struct pair p;
	pair_init_raw(&p);
	p.answer.content = large;
	p.answer.length = sizeof large;
	p.answer.is_lasting = true;
	auto_text in = TEXT_INIT(1 << 16);
	text_add(&in, H2_PREFACE);
	frame(&in, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
	for (uint32_t i = 0; i < H2_STREAMS_MAX; i++)
		request(&in, i);
	h2_server_feed(p.server, in.data, in.length);
	talk(&p);
	uint64_t before = h2_server_progress(p.server);
	text_reset(&in);
	ping(&in, 0);
	h2_server_feed(p.server, in.data, in.length);
	talk(&p);
	assert_int_equal(h2_server_progress(p.server), before);
	assert_false(h2_server_is_idle(p.server));
	assert_in_range(p.used_most, 1, MEMORY_MAX);
	text_reset(&in);
	frame(&in, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4);
	h2_server_feed(p.server, in.data, in.length);
	talk(&p);
	assert_int_equal(h2_server_progress(p.server), before + 1);
	pair_finish(&p);
}

/* nghttp2's own count of CONTINUATION frames, where it has one, goes by packets. */
static void a_head_in_frames_may_come_byte_by_byte(void **state)
{
	struct pair p;
	pair_init_raw(&p);
	auto_text in = TEXT_INIT(1 << 16);
	frames_begin(&in);
	frame(&in, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, FRAME_GET, 2);
	for (int i = 2; i < FRAME_GET_LENGTH; i++)
		frame(&in, NGHTTP2_CONTINUATION, i == FRAME_GET_LENGTH - 1 ? NGHTTP2_FLAG_END_HEADERS : 0, 1,
		      FRAME_GET + i, 1);
	for (size_t at = 0; at < in.length; at++)
		h2_server_feed(p.server, in.data + at, 1);
	talk(&p);
	assert_string_equal(text_str(&p.story), "GET / at a\nclosed / NO_ERROR\n");
	pair_finish(&p);
}

/* However the frames' heads are cut, they count the same. */
static void the_meter_reads_across_cuts(void **state)
{
	auto_text in = TEXT_INIT(1 << 16);
	frames_begin(&in);
	for (uint32_t i = 0; i < 20; i++) {
		request(&in, i);
		settings(&in, i);
		ping(&in, i);
	}
	for (size_t piece = 1; piece < in.length; piece++) {
		struct h2_meter m;
		size_t frames = 0;
		h2_meter_init(&m);
		for (size_t at = 0; at < in.length;) {
			size_t n = piece < in.length - at ? piece : in.length - at;
			at += h2_meter_take(&m, (uint8_t *)in.data + at, n);
			frames += h2_meter_is_between(&m);
		}
		assert_int_equal(frames, 2 + 60);
		assert_false(h2_meter_is_flooded(&m));
		assert_true(h2_meter_is_between(&m));
		assert_int_equal(m.waste, 21 * H2_COST_SETTINGS + 20 * H2_COST_FRAME);
		h2_meter_pay(&m, 20);
		assert_int_equal(m.waste, 21 * H2_COST_SETTINGS);
		h2_meter_pay(&m, 1000000);
		assert_int_equal(m.waste, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flood_ends_the_connection),
		cmocka_unit_test(a_head_beyond_all_measure_ends_the_connection),
		cmocka_unit_test(what_is_not_http2_ends_the_connection),
		cmocka_unit_test(a_busy_connection_is_no_flood),
		cmocka_unit_test(what_the_peer_leaves_lying_stops_us_from_reading),
		cmocka_unit_test(a_peer_that_takes_no_content_makes_no_progress),
		cmocka_unit_test(a_head_in_frames_may_come_byte_by_byte),
		cmocka_unit_test(the_meter_reads_across_cuts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
