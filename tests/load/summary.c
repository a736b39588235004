// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct load_totals totals;
static struct tally tally;
static struct course course;
static struct notes notes;
static struct versions *versions;

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
	course_add(&course, &o, totals.started_ns);
}

static int reset(void **state)
{
	memset(&totals, 0, sizeof totals);
	memset(&tally, 0, sizeof tally);
	memset(&notes, 0, sizeof notes);
	course_finish(&course);
	course_init(&course);
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
				.tally = &tally,
				.course = &course,
				.notes = &notes,
				.versions = versions};
}

static int forget(void **state)
{
	course_finish(&course);
	return 0;
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
	static const char *const names[] = {"url",        "method",     "started",     "duration_s", "requests",
					    "ok",         "failed",     "not_sent",    "failures",   "status",
					    "latency_ms", "schedule",   "connections", "adds_up",    "failure_times",
					    "cut",        "mismatches", "over_time",   "notes",      "stopped"};
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
	assert_true(json_is_true(json_object_get(o, "adds_up")));
	json_t *times = json_object_get(json_object_get(o, "failure_times"), "status/503");
	assert_float_equal(json_real_value(json_object_get(times, "first_s")), 9.962, 1e-9);
	assert_float_equal(json_real_value(json_object_get(times, "last_s")), 9.982, 1e-9);
	json_t *course_lost = json_object_get(json_object_get(o, "over_time"), "lost");
	assert_int_equal(json_array_size(course_lost), 50);
	assert_int_equal(json_integer_value(json_array_get(course_lost, 49)), 4);
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
	summary_text(&s, (struct summary_style){0}, &out);
	static const char *const wanted[] = {
		"  scheduled                    1,004   in 10 s\n",
		"  answered                       995   200: 995\n",
		"  lost                             4\n",
		"    wait/reset                     1   first 9.952 s, last 9.952 s\n",
		"    status/502                     1   first 9.972 s, last 9.972 s\n",
		"    status/503                     2   first 9.962 s, last 9.982 s\n",
		"  not sent                         5\n    client/ports                   1   first",
		"  self-check                 adds up   1,004 = 995 + 4 + 5\n",
		"\n  over time    each column 200 ms, by when requests were due; at the end the most\n",
		"\n  p99   ##################################################  2 ms\n",
		"\n  lost  .................................................#  4\n",
		"\n4 of 999 requests lost: 1 wait/reset, 1 status/502, 2 status/503. 5 due but not sent.\n",
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strstr(text_str(&out), wanted[i]))
			fail_msg("not there: %s\nin:\n%s", wanted[i], text_str(&out));
	assert_null(strchr(text_str(&out), '\033'));
	text_reset(&out);
	summary_text(&s, (struct summary_style){.color = true, .utf8 = true}, &out);
	assert_non_null(strchr(text_str(&out), '\033'));
	assert_non_null(strstr(text_str(&out), "·█  4\n"));
}

static void has(const struct summary *s, const char *wanted)
{
	auto_text out = TEXT_INIT(SUMMARY_TEXT_MAX);
	summary_text(s, (struct summary_style){0}, &out);
	if (!strstr(text_str(&out), wanted))
		fail_msg("not there: %s\nin:\n%s", wanted, text_str(&out));
}

static void books_that_differ_are_shown(void **state)
{
	end(OUTCOME_OK, 200, 0);
	end(OUTCOME_WAIT_RESET, 0, 0);
	struct summary s = summary();
	assert_true(summary_adds_up(&s));
	totals.scheduled++;
	assert_false(summary_adds_up(&s));
	has(&s, "self-check                   WRONG   3 = 1 + 1 + 0\n");
	totals.not_sent++;
	assert_true(summary_adds_up(&s));
	/* The load says that it told of two more than came. */
	totals.scheduled += 2;
	totals.ok++;
	totals.failed++;
	assert_true(load_totals_add_up(&totals));
	assert_false(summary_adds_up(&s));
}

static void mismatches_and_versions_are_told(void **state)
{
	versions = versions_create();
	for (int i = 0; i < 12; i++) {
		char name[8];
		snprintf(name, sizeof name, "v%d", i);
		(void)versions_see(versions, name, totals.started_ns + i * NS_PER_S,
				   totals.started_ns + i * NS_PER_S + NS_PER_S / 2);
	}
	struct version_seen seen =
		versions_see(versions, "v3", totals.started_ns + 6 * NS_PER_S, totals.started_ns + 7 * NS_PER_S);
	struct outcome o = {.kind = OUTCOME_CONTENT_MISMATCH,
			    .status = 200,
			    .mismatch = OUTCOME_MISMATCH_BACK,
			    .version = seen.number,
			    .newest = seen.newest};
	tally_add(&tally, &o);
	struct summary s = summary();
	has(&s, "s: 1 version-back\n");
	has(&s, "\n  versions     v0: 1 answer, from 0.500 s to 0.500 s\n");
	has(&s,
	    "\n               v3: 2 answers, from 3.500 s to 7.000 s\n               and 4 more\n               v8: 1");
	has(&s, "\n               v11: 1 answer, from");
	json_t *object = summary_json(&s),
	       *line = summary_failure(&o, totals.started_ns, totals.started_wall_ns, versions);
	assert_int_equal(number(object, "mismatches", "version-back"), 1);
	assert_int_equal(number(object, "status", "200"), 1);
	assert_int_equal(json_array_size(json_object_get(object, "versions")), 12);
	assert_int_equal(number(json_array_get(json_object_get(object, "versions"), 3), NULL, "answers"), 2);
	assert_string_equal(json_string_value(json_object_get(line, "mismatch")), "version-back");
	assert_string_equal(json_string_value(json_object_get(line, "version")), "v3");
	assert_string_equal(json_string_value(json_object_get(line, "newest")), "v5");
	json_decref(line);
	json_decref(object);
	versions_destroy(versions);
	versions = NULL;
}

static void notes_are_told_and_change_no_count(void **state)
{
	char text[] = "late: p99 12 ms";
	end(OUTCOME_OK, 200, 0);
	notes = (struct notes){.all = {{.what = NOTE_LATE, .text = text}}, .count = 1};
	struct summary s = summary();
	has(&s, "\n  note         late: p99 12 ms\n");
	assert_int_equal(summary_status(&s), STATUS_OK);
	json_t *o = summary_json(&s), *note = json_array_get(json_object_get(o, "notes"), 0);
	assert_string_equal(json_string_value(json_object_get(note, "what")), "late");
	assert_string_equal(json_string_value(json_object_get(note, "text")), text);
	json_decref(o);
	notes.too_late = true;
	assert_int_equal(summary_status(&s), STATUS_INCONCLUSIVE);
	has(&s, "No request lost of 1. The generator was too late to have sent what was asked: the figures cannot "
		"stand.\n");
	end(OUTCOME_WAIT_RESET, 0, 0);
	s.cut = 1;
	s.stop = SUMMARY_SIGNAL;
	o = summary_json(&s);
	assert_string_equal(json_string_value(json_object_get(o, "stopped")), "signal");
	json_decref(o);
	assert_int_equal(summary_status(&s), STATUS_LOST);
	has(&s, "1 of 2 requests lost: 1 wait/reset. 1 of them had no answer yet when the load was stopped. Stopped "
		"early, by a signal. The gen");
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
	json_t *line = summary_failure(&o, totals.started_ns, totals.started_wall_ns, NULL);
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
	assert_null(json_object_get(line, "mismatch"));
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_object_has_every_field, reset, forget),
		cmocka_unit_test_setup_teardown(a_closed_loop_asked_for_no_rate, reset, forget),
		cmocka_unit_test_setup_teardown(the_text_adds_up, reset, forget),
		cmocka_unit_test_setup_teardown(books_that_differ_are_shown, reset, forget),
		cmocka_unit_test_setup_teardown(mismatches_and_versions_are_told, reset, forget),
		cmocka_unit_test_setup_teardown(notes_are_told_and_change_no_count, reset, forget),
		cmocka_unit_test_setup_teardown(the_status_says_how_it_went, reset, forget),
		cmocka_unit_test_setup_teardown(a_failure_is_recorded_whole, reset, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
