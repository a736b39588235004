// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/summary.h"

#include <stdlib.h>
#include <string.h>

static struct load_totals totals;
static struct tally tally;

static void end(enum outcome_kind kind, int status, int64_t at_ms)
{
	struct outcome o = {.kind = kind, .status = status, .scheduled_ns = NS_PER_S + at_ms * NS_PER_MS};
	o.started_ns = o.scheduled_ns + 20 * NS_PER_US;
	o.ended_ns = o.scheduled_ns + 2 * NS_PER_MS;
	totals.scheduled++;
	totals.last_started_ns = o.started_ns;
	histogram_add(&totals.lateness, 20 * NS_PER_US);
	if (kind == OUTCOME_OK) {
		totals.ok++;
		histogram_add(&totals.latency, 2 * NS_PER_MS);
	} else {
		totals.failed++;
	}
	tally_add(&tally, &o);
}

static int reset(void **state)
{
	memset(&totals, 0, sizeof totals);
	memset(&tally, 0, sizeof tally);
	totals.started_ns = NS_PER_S;
	totals.ended_ns = 11 * NS_PER_S;
	totals.started_wall_ns = 1700000000 * NS_PER_S;
	return 0;
}

static struct summary summary(void)
{
	return (struct summary){.url = "http://shop/",
				.method = "GET",
				.rate = 100,
				.keepalive = true,
				.totals = &totals,
				.tally = &tally};
}

static void some_of_everything(void)
{
	for (int i = 0; i < 995; i++)
		end(OUTCOME_OK, 200, i * 10);
	end(OUTCOME_WAIT_RESET, 0, 9950);
	end(OUTCOME_STATUS, 503, 9960);
	end(OUTCOME_STATUS, 502, 9970);
	end(OUTCOME_STATUS, 503, 9980);
	end(OUTCOME_CLIENT_PORTS, 0, 9990);
	totals.scheduled += 4;
	totals.not_sent += 4;
	totals.connections_closed_idle = 2;
}

static json_int_t number(const json_t *object, const char *part, const char *name)
{
	const json_t *holder = part ? json_object_get(object, part) : object;
	return json_integer_value(json_object_get(holder, name));
}

static void the_object_has_every_field(void **state)
{
	some_of_everything();
	struct summary s = summary();
	json_t *o = summary_json(&s);
	static const char *const names[] = {"url",        "method",   "started",    "duration_s", "requests",
					    "ok",         "failed",   "not_sent",   "failures",   "status",
					    "latency_ms", "schedule", "connections"};
	assert_int_equal(json_object_size(o), sizeof names / sizeof *names);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_non_null(json_object_get(o, names[i]));
	assert_int_equal(number(o, NULL, "requests"), 1004);
	assert_int_equal(number(o, NULL, "ok"), 995);
	assert_int_equal(number(o, NULL, "failed"), 5);
	assert_int_equal(number(o, NULL, "not_sent"), 4);
	assert_int_equal(number(o, "failures", "status/503"), 2);
	assert_int_equal(number(o, "failures", "wait/reset"), 1);
	assert_int_equal(number(o, "failures", "client/ports"), 1);
	assert_int_equal(number(o, "status", "200"), 995);
	assert_int_equal(number(o, "status", "503"), 2);
	assert_int_equal(number(o, "connections", "closed_idle"), 2);
	assert_string_equal(json_string_value(json_object_get(o, "started")), "2023-11-14T22:13:20.000Z");
	json_t *schedule = json_object_get(o, "schedule");
	assert_float_equal(json_real_value(json_object_get(schedule, "sent_per_s")), 99.9, 0.01);
	assert_true(json_is_null(json_object_get(schedule, "asked_per_s")) == false);
	json_decref(o);
}

static void a_closed_loop_asked_for_no_rate(void **state)
{
	end(OUTCOME_OK, 200, 0);
	struct summary s = summary();
	s.rate = 0;
	s.connections = 1;
	json_t *o = summary_json(&s);
	assert_true(json_is_null(json_object_get(json_object_get(o, "schedule"), "asked_per_s")));
	json_decref(o);
}

static void the_text_adds_up(void **state)
{
	some_of_everything();
	struct summary s = summary();
	auto_text out = TEXT_INIT(SUMMARY_TEXT_MAX);
	summary_text(&s, false, &out);
	static const char *const wanted[] = {
		"  scheduled                    1,004   in 10 s\n",
		"  answered                       995   200: 995\n",
		"  lost                             4\n",
		"    wait/reset                     1   first 9.952 s, last 9.952 s\n",
		"    status/502                     1   first 9.972 s, last 9.972 s\n",
		"    status/503                     2   first 9.962 s, last 9.982 s\n",
		"  not sent                         5\n    client/ports                   1   first",
		"\n4 of 999 requests lost: 1 wait/reset, 1 status/502, 2 status/503. 5 due but not sent.\n",
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strstr(text_str(&out), wanted[i]))
			fail_msg("not there: %s\nin:\n%s", wanted[i], text_str(&out));
	assert_null(strchr(text_str(&out), '\033'));
	text_reset(&out);
	summary_text(&s, true, &out);
	assert_non_null(strchr(text_str(&out), '\033'));
}

static void the_status_says_how_it_went(void **state)
{
	struct summary s = summary();
	assert_int_equal(summary_status(&s), STATUS_INCONCLUSIVE);
	end(OUTCOME_CLIENT_FILES, 0, 1);
	assert_int_equal(summary_status(&s), STATUS_INCONCLUSIVE);
	reset(NULL);
	end(OUTCOME_OK, 200, 0);
	assert_int_equal(summary_status(&s), STATUS_OK);
	end(OUTCOME_CLIENT_FILES, 0, 1);
	assert_int_equal(summary_status(&s), STATUS_INCONCLUSIVE);
	end(OUTCOME_BODY_CLOSED, 200, 2);
	assert_int_equal(summary_status(&s), STATUS_LOST);
}

static void a_failure_is_recorded_whole(void **state)
{
	struct outcome o = {
		.kind = OUTCOME_STATUS,
		.status = 503,
		.scheduled_ns = NS_PER_S + 5,
		.started_ns = NS_PER_S + 7,
		.ended_ns = NS_PER_S + 9,
		.connection = 3,
		.served = 2,
		.idle_ns = 11,
		.fresh = false,
		.target = 1,
		.local_port = 40000,
		.remote_port = 80,
		.bytes_sent = 70,
		.bytes_received = 90,
		.pod = "shop-1",
		.upstream = "10.0.0.7:80",
	};
	json_t *line = summary_failure(&o, &totals);
	assert_string_equal(json_string_value(json_object_get(line, "kind")), "status/503");
	assert_string_equal(json_string_value(json_object_get(line, "pod")), "shop-1");
	assert_string_equal(json_string_value(json_object_get(line, "upstream")), "10.0.0.7:80");
	static const struct {
		const char *name;
		int value;
	} numbers[] = {{"status", 503},       {"scheduled_ns", 5}, {"started_ns", 7},  {"ended_ns", 9},
		       {"connection", 3},     {"served", 2},       {"idle_ns", 11},    {"target", 1},
		       {"local_port", 40000}, {"remote_port", 80}, {"bytes_sent", 70}, {"bytes_received", 90}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_int_equal(number(line, NULL, numbers[i].name), numbers[i].value);
	assert_true(json_is_false(json_object_get(line, "fresh")));
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_object_has_every_field, reset),
		cmocka_unit_test_setup(a_closed_loop_asked_for_no_rate, reset),
		cmocka_unit_test_setup(the_text_adds_up, reset),
		cmocka_unit_test_setup(the_status_says_how_it_went, reset),
		cmocka_unit_test_setup(a_failure_is_recorded_whole, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
