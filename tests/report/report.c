// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "report/json.h"
#include "report/layout.h"
#include "report/text.h"
#include "run/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static struct timeline *read_case(const char *name)
{
	char path[4096];
	struct timeline *t = NULL;
	snprintf(path, sizeof path, "%s/%s.run", folder, name);
	assert_int_equal(record_read(path, &t, NULL), 0);
	return t;
}

static char *render(const char *name, struct report_style style)
{
	struct timeline *t = read_case(name);
	struct verdict v;
	struct text out = TEXT_INIT(REPORT_TEXT_MAX);
	verdict_init(&v, t);
	report_text(&out, t, &v, &style);
	verdict_finish(&v);
	timeline_destroy(t);
	return text_steal(&out);
}

static void assert_has(const char *text, const char *part)
{
	assert_non_null(text);
	if (text && !strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void the_text_says_what_why_and_what_to_do(void **state)
{
	char *text = render("stale-endpoint", (struct report_style){.width = 100});
	assert_int_equal(strncmp(text, "FAIL  deployment/shop: 4 of 104 requests lost in one rolling update", 67), 0);
	assert_has(text, "connect/refused 1");
	assert_has(text, "shop-aaaa-vvv 4");
	assert_has(text, "stale-endpoint: 4 lost");
	assert_has(text, "+3.000 s  shop-aaaa-vvv: deleted, grace 30 s");
	assert_has(text, "node-1 stops sending to shop-aaaa-vvv: 2.31 s after its deletion");
	assert_has(text, "sleep: {seconds: 5}");
	assert_null(strchr(text, '\033'));
	free(text);
	text = render("stale-endpoint", (struct report_style){.width = 100, .color = true});
	assert_non_null(strchr(text, '\033'));
	free(text);
}

static void one_failure_is_told_whole(void **state)
{
	char *text = render("premature-activation", (struct report_style){.width = 200});
	assert_has(text, "+1.250 s  POST / through node-1 to shop-bbbb-xxx: connect/refused after 400 us (new "
			 "connection, port 43112)");
	assert_has(text, "readinessProbe:");
	assert_has(text, "port: 8080");
	free(text);
}

static void the_clients_own_limits_are_not_lost(void **state)
{
	char *text = render("client-side", (struct report_style){.width = 100});
	assert_has(text, "0 of ");
	assert_has(text, "client-side: 2 not counted");
	free(text);
}

static void a_cut_run_says_so(void **state)
{
	char *text = render("cut-with-no-end", (struct report_style){.width = 100});
	assert_has(text, "The run was cut short");
	free(text);
}

static void sentences_fit_the_width(void **state)
{
	for (int width = 60; width <= 120; width += 20) {
		struct text out = TEXT_INIT(4096);
		layout_wrap(&out, "  Fix: ",
			    "some words that are to be broken where they no longer fit into one line of the terminal",
			    7, width);
		char *save = NULL, *text = text_steal(&out);
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			assert_true(layout_columns(line) <= width);
		free(text);
	}
}

static void no_peer_writes_to_the_terminal(void **state)
{
	auto_text out = TEXT_INIT(4096);
	layout_wrap(&out, "",
		    "a\033[31mb \xc2\x9b"
		    "c \xe2\x80\xa6",
		    0, 80);
	assert_string_equal(text_str(&out), "a?[31mb ?c \xe2\x80\xa6\n");
}

static void the_json_has_exactly_its_fields(void **state)
{
	static const char *const fields[] = {"verdict",  "exit",       "rollout",     "requests", "ok",        "failed",
					     "failures", "latency_ms", "connections", "findings", "confidence"};
	struct timeline *t = read_case("stale-and-shutdown");
	struct verdict v;
	verdict_init(&v, t);
	json_t *json = report_json(t, &v);
	assert_int_equal(json_object_size(json), sizeof fields / sizeof *fields);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!json_object_get(json, fields[i]))
			fail_msg("no %s", fields[i]);
	assert_string_equal(json_string_value(json_object_get(json, "verdict")), "fail");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "failures"), "connect/refused")), 2);
	json_t *findings = json_object_get(json, "findings"),
	       *pods = json_object_get(json_object_get(json, "rollout"), "pods");
	assert_int_equal(json_array_size(findings), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(pods, 0), "lost")), 4);
	assert_true(json_number_value(json_object_get(json_array_get(pods, 0), "term_s")) == 3.02);
	assert_true(json_is_null(json_object_get(json_array_get(pods, 1), "deleted_s")));
	json_decref(json);
	verdict_finish(&v);
	timeline_destroy(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_says_what_why_and_what_to_do),
		cmocka_unit_test(one_failure_is_told_whole),
		cmocka_unit_test(the_clients_own_limits_are_not_lost),
		cmocka_unit_test(a_cut_run_says_so),
		cmocka_unit_test(sentences_fit_the_width),
		cmocka_unit_test(no_peer_writes_to_the_terminal),
		cmocka_unit_test(the_json_has_exactly_its_fields),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
