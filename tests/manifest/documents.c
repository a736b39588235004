// SPDX-License-Identifier: Apache-2.0
/* documents.c - what texts come out as, and where documents and nodes stand. */
#include "../unit.h"
#include "manifest/arena.h"
#include "manifest/documents.h"

#include <errno.h>
#include <string.h>

static struct manifest_memory *memory;

static struct documents *open_documents(const char *data)
{
	struct documents *d = NULL;
	struct err err = {0};
	assert_int_equal(documents_open(memory, "m", data, strlen(data), &d, &err), 0);
	return d;
}

/* The value of `k`, of the only document. */
static void is_read_as(const char *data, const char *text)
{
	struct documents *d = open_documents(data);
	struct node *root = NULL, *none;
	struct err err = {0};
	if (documents_next(d, &root, &err) != 1)
		fail_msg("%s: %s", data, err.text);
	const struct node *value = node_find(root, "k");
	assert_non_null(value);
	if (strcmp(value->text, text) != 0)
		fail_msg("%s\n--- is\n%s", data, value->text);
	assert_int_equal(documents_next(d, &none, &err), 0);
	documents_close(d);
}

static void is_refused(const char *data, const char *words)
{
	struct documents *d = open_documents(data);
	struct node *root = NULL;
	struct err err = {0};
	assert_int_equal(documents_next(d, &root, &err), -EINVAL);
	assert_string_equal(err.text, words);
	documents_close(d);
}

static void block_texts_are_read(void **state)
{
	is_read_as("k: |\n  a\n  b\nnext: 1\n", "a\nb\n");
	is_read_as("k: |-\n   a\n\n", "a");
	is_read_as("k: |+\n   a\n\n\nb: c", "a\n\n\n");
	is_read_as("k: |\n   a", "a");
	is_read_as("k: |\nnext: 1\n", "");
	is_read_as("k: |\n\n    a\n     b\n", "\na\n b\n");
	is_read_as("k: |2 # two\n    a\n   b\n", "  a\n b\n");
	is_read_as("k: >2-\n  a\n  b\n", "a b");
	is_read_as("k: >\n    a\n    b\n\n    c\n\n\n    d\n", "a b\nc\n\nd\n");
	is_read_as("k: >\n    a\n\n     more\n\n    b\n", "a\n\n more\n\nb\n");
	is_read_as("k: |\r\n   a\r\n   b\r\n", "a\nb\n");
	is_read_as("k: |\n   a\n # c\nb: c\n", "a\n");
}

static void quoted_texts_are_read(void **state)
{
	is_read_as("k: ''''''''", "'''");
	is_read_as("k: 'it''s'", "it's");
	is_read_as("k: 'a\\n'", "a\\n");
	is_read_as("k: '  a  \n  b\t\n\n\n  c  '", "  a b\n\nc  ");
	is_read_as("k: \"a\\\"b\\\\\\/\\n\\t\\e\"", "a\"b\\/\n\t\x1b");
	is_read_as("k: \"\\x41\\u00e9\\u20AC\\U0001f600\\P\"", "A\u00e9\u20ac\U0001f600\u2029");
	is_read_as("k: \"a \\\n   b\"", "a b");
	is_read_as("k: \"a\\\\\\\n  n\"", "a\\n");
	is_read_as("k: a\n\n  b\n  c", "a\nb c");
	is_refused("k: \"\\q\"", "m:1:5: not YAML: found unknown escape character while parsing a quoted scalar");
	is_refused("k: \"\\ud83d\\ude00\"",
		   "m:1:7: not YAML: found invalid Unicode character escape code while parsing a quoted scalar");
}

static void json_texts_are_read(void **state)
{
	is_read_as("{\n\t\"k\":\"\\/\"}", "/");
	is_read_as("{\"k\":\"\\ud83d\\ude00-\\uD83D\\uDE00\"}", "\U0001f600-\U0001f600");
	is_read_as("{\"k\":\"\\\\ud83d\\\\ude00\"}", "\\ud83d\\ude00");
	is_refused("{\"k\":\"\\ud83d\\u0041\"}",
		   "m:1:9: not YAML: found invalid Unicode character escape code while parsing a quoted scalar");
}

struct place_case {
	const char *data;
	int places[4][2]; /* line and column of each document */
};

static void documents_have_their_places(void **state)
{
	static const struct place_case cases[] = {
		{"\xef\xbb\xbf# c\na: 1\n", {{2, 1}}},
		{"a: 1\n---\n\n b: 1\n--- {c: 1}\n", {{1, 1}, {4, 2}, {5, 5}}},
		{"a: \u00e9\n...\nb: 1\n... # c\n...\n---\n\nc: 1\n", {{1, 1}, {3, 1}, {8, 1}}},
		{"a: 1\r\n...\r\n{b: 1}\r\n", {{1, 1}, {3, 1}}},
		{"{\"a\":\"\\ud83d\\ude00\"} {\"\u00e9\":1}{}\n {}", {{1, 1}, {1, 22}, {1, 29}, {2, 2}}},
		{"--- &a\nb: 1\n--- !x\n? b\n: 1\n--- &a {b: 1}\n", {{2, 1}, {4, 3}, {6, 5}}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct documents *d = open_documents(cases[i].data);
		struct node *root = NULL;
		struct err err = {0};
		int n = 0;
		for (; n < 4 && documents_next(d, &root, &err) == 1; n++)
			if (root->line != cases[i].places[n][0] || root->column != cases[i].places[n][1])
				fail_msg("%s: %d is at %d:%d", cases[i].data, n, root->line, root->column);
		assert_string_equal(err.text, "");
		assert_true(n == 4 || !cases[i].places[n][0]);
		documents_close(d);
	}
}

static int create_memory(void **state)
{
	memory = arena_create();
	return 0;
}

static int destroy_memory(void **state)
{
	arena_destroy(memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_texts_are_read),
		cmocka_unit_test(quoted_texts_are_read),
		cmocka_unit_test(json_texts_are_read),
		cmocka_unit_test(documents_have_their_places),
	};
	return cmocka_run_group_tests(tests, create_memory, destroy_memory);
}
