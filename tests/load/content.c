// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/content.h"

#include <stdlib.h>
#include <string.h>

static struct versions *versions;
static struct content *content;
static struct content_reader reader;

static int begin(void **state)
{
	versions = versions_create();
	return 0;
}

static int end(void **state)
{
	content_destroy(content);
	content_finish(&reader);
	versions_destroy(versions);
	content = NULL;
	return 0;
}

static void ask(const char *text, const char *version_header, const char *version_body)
{
	struct load_config c = {.method = "GET",
				.expect_body = text,
				.version_header = version_header,
				.version_body = version_body,
				.versions = versions};
	struct err err = {0};
	content_destroy(content);
	assert_int_equal(content_create(&c, &content, &err), 0);
}

static void feed(const char *data, size_t length)
{
	char *copy = malloc(length ? length : 1);
	memcpy(copy, data, length);
	content_feed(content, &reader, copy, length);
	free(copy);
}

/* An answer whose body comes in pieces of `step`, after a first one of `first`. */
static struct outcome answer(const char *body, size_t first, size_t step, int64_t started_ns, int64_t ended_ns)
{
	struct outcome o = {.started_ns = started_ns, .ended_ns = ended_ns};
	size_t length = strlen(body);
	content_begin(&reader);
	feed(body, first);
	for (size_t at = first; at < length; at += step)
		feed(body + at, at + step < length ? step : length - at);
	content_judge(content, &reader, &o);
	return o;
}

static void the_text_is_found_in_any_cut(void **state)
{
	static const struct {
		const char *text, *body;
		bool is_there;
	} cases[] = {
		{"hello", "hello", true},         {"hello", "say hello, world", true},
		{"hello", "hell", false},         {"hello", "", false},
		{"hello", "hellhello", true},     {"hello", "hel lo hell o", false},
		{"aab", "aaaaaaaab", true},       {"aabaaab", "aabaabaaab", true},
		{"aabaaab", "aabaaabaaab", true}, {"aabaaab", "aabaaaabaab", false},
		{"abcabd", "abcabcabd", true},    {"x", "aaaaaax", true},
		{"a\nb", "a\r\na\nb", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(cases[i].text, NULL, NULL);
		for (size_t first = 0; first <= strlen(cases[i].body); first++) {
			for (size_t step = 1; step < 4; step++) {
				struct outcome o = answer(cases[i].body, first, step, 0, 1);
				assert_int_equal(o.kind, cases[i].is_there ? OUTCOME_OK : OUTCOME_CONTENT_MISMATCH);
				assert_int_equal(o.mismatch,
						 cases[i].is_there ? OUTCOME_MISMATCH_NONE : OUTCOME_MISMATCH_TEXT);
			}
		}
	}
}

static void the_version_is_the_first_group_or_the_whole_match(void **state)
{
	static const struct {
		const char *pattern, *body, *version;
	} cases[] = {
		{"v[0-9.]+", "shop v1.2.3 says\nhello", "v1.2.3"},
		{"version: *([0-9]+)", "name: shop\nversion:  42\nversion: 43\n", "42"},
		{"^version=(.*)$", "a\nversion=blue green\nb", "blue green"},
		{"\"version\":\"([^\"]*)\"", "{\"version\":\"\"}", NULL},
		{"v(x)?[0-9]", "v1", NULL},
		{"nowhere", "version 1", NULL},
		{"(.*)", "caf\xc3\xa9\t1", "caf???1"},
	};
	struct version v;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(NULL, NULL, cases[i].pattern);
		for (size_t first = 0; first <= strlen(cases[i].body); first++) {
			struct outcome o = answer(cases[i].body, first, 3, 0, 1);
			if (!cases[i].version) {
				assert_int_equal(o.kind, OUTCOME_CONTENT_MISMATCH);
				assert_int_equal(o.mismatch, OUTCOME_MISMATCH_NO_VERSION);
				continue;
			}
			assert_int_equal(o.kind, OUTCOME_OK);
			assert_true(versions_find(versions, o.version, &v));
			assert_string_equal(v.name, cases[i].version);
		}
	}
}

static void a_version_that_goes_back_is_a_mismatch(void **state)
{
	ask("v", NULL, "v([0-9])");
	assert_int_equal(answer("v1", 0, 9, 0, 10).kind, OUTCOME_OK);
	assert_int_equal(answer("v2", 0, 9, 5, 20).kind, OUTCOME_OK);
	assert_int_equal(answer("v1", 0, 9, 15, 30).kind, OUTCOME_OK);
	struct outcome o = answer("v1", 0, 9, 25, 40);
	assert_int_equal(o.kind, OUTCOME_CONTENT_MISMATCH);
	assert_int_equal(o.mismatch, OUTCOME_MISMATCH_BACK);
	assert_int_equal(o.version, 1);
	assert_int_equal(o.newest, 2);
}

static void a_version_in_a_header_is_put_there_by_the_reader_of_the_head(void **state)
{
	ask(NULL, "X-Version", NULL);
	assert_string_equal(content_version_header(content), "X-Version");
	struct outcome o = {.started_ns = 0, .ended_ns = 1};
	content_begin(&reader);
	strcpy(reader.version, "blue");
	content_judge(content, &reader, &o);
	assert_int_equal(o.kind, OUTCOME_OK);
	content_begin(&reader);
	content_judge(content, &reader, &o);
	assert_int_equal(o.mismatch, OUTCOME_MISMATCH_NO_VERSION);
}

static void only_the_beginning_of_a_long_body_is_kept(void **state)
{
	static char body[CONTENT_START_MAX + 16];
	memset(body, '.', sizeof body - 1);
	ask(NULL, NULL, "v[0-9]");
	memcpy(body + CONTENT_START_MAX - 2, "v7", 2);
	assert_int_equal(answer(body, 100, 5000, 0, 1).kind, OUTCOME_OK);
	assert_int_equal(reader.start.length, CONTENT_START_MAX);
	memcpy(body + CONTENT_START_MAX - 2, ".v7", 3);
	assert_int_equal(answer(body, 100, 5000, 0, 1).mismatch, OUTCOME_MISMATCH_NO_VERSION);
	content_begin(&reader);
	assert_int_equal(reader.start.capacity, 0);
	/* The text is looked for in all of it. */
	ask("v7", NULL, NULL);
	assert_int_equal(answer(body, 100, 5000, 0, 1).kind, OUTCOME_OK);
}

static void a_text_that_is_missing_does_not_hide_the_version(void **state)
{
	ask("hello", NULL, "v([0-9])");
	struct outcome o = answer("v1", 0, 9, 0, 1);
	assert_int_equal(o.mismatch, OUTCOME_MISMATCH_TEXT);
	assert_int_equal(o.version, 1);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	const struct {
		struct load_config config;
		const char *why;
	} cases[] = {
		{{.method = "GET", .expect_body = ""}, "empty text"},
		{{.method = "HEAD", .expect_body = "a"}, "HEAD has no body"},
		{{.method = "HEAD", .version_body = "a", .versions = versions}, "HEAD has no body"},
		{{.method = "GET", .version_header = "a"}, "nowhere to remember"},
		{{.method = "GET", .version_body = "a(b", .versions = versions}, "'a(b' is not a regular expression: "},
		{{.method = "GET", .version_body = "a", .version_header = "b"}, "not in both"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		assert_true(content_create(&cases[i].config, &content, &err) < 0);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.text, cases[i].why));
	}
	struct load_config nothing = {.method = "HEAD"};
	assert_int_equal(content_create(&nothing, &content, NULL), 0);
	assert_null(content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_text_is_found_in_any_cut, begin, end),
		cmocka_unit_test_setup_teardown(the_version_is_the_first_group_or_the_whole_match, begin, end),
		cmocka_unit_test_setup_teardown(a_version_that_goes_back_is_a_mismatch, begin, end),
		cmocka_unit_test_setup_teardown(a_version_in_a_header_is_put_there_by_the_reader_of_the_head, begin,
						end),
		cmocka_unit_test_setup_teardown(only_the_beginning_of_a_long_body_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(a_text_that_is_missing_does_not_hide_the_version, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_refused, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
