// SPDX-License-Identifier: Apache-2.0
/* read.c - what a stream may cost, and several streams in one manifest. Cases of one small file each are in data.c. */
#include "../unit.h"
#include "base/text.h"
#include "manifest/manifest.h"

#include <errno.h>
#include <string.h>

#define SIZE_MAX_TEXT (40 << 20)

static void repeat(struct text *t, const char *part, size_t times)
{
	for (size_t i = 0; i < times; i++)
		text_add(t, part);
}

static void is_refused(const struct text *t, const char *place_and_words)
{
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_int_equal(manifest_read(m, "m", text_str(t), t->length, &err), -EINVAL);
	assert_string_equal(err.text, place_and_words);
	manifest_destroy(m);
}

static void only_16_mib_are_read(void **state)
{
	auto_text t = TEXT_INIT(SIZE_MAX_TEXT);
	repeat(&t, "# 456789abcdef\n\n", 1 << 20);
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_int_equal(manifest_read(m, "m", text_str(&t), t.length, &err), 0);
	manifest_destroy(m);
	text_add(&t, "\n");
	is_refused(&t, "m:1:1: larger than 16 MiB");
}

static void hostile_shapes_are_refused(void **state)
{
	static const struct {
		const char *begin, *part;
		size_t times;
		const char *refusal;
	} cases[] = {
		{"", "[", 1000000, "m:1:65: nested deeper than 64"},
		{"", "- ", 1000000, "m:1:129: nested deeper than 64"},
		{"", "{}\n", 5000000, "m:1:1: an object needs apiVersion"},
		{"", "{a: ", 1000000, "m:1:257: nested deeper than 64"},
		{"", "---\n", 200000, "m:100001:1: more than 100000 documents"},
		{"", "~\n...\n", 200000, "m:200001:1: more than 100000 documents"},
		{"", "%A b\n", 2000, "m:1001:1: more than 1000 lines that begin with %"},
		{"%TAG !a! tag:example.org,2026:\n--- !a!b\n", "- !a!c d\n", 10,
		 "m:1:1: a %TAG directive: tags must be written out"},
		{"", "-\n", 2000001, "m:1:1: more than 2000000 values: too large for a manifest"},
		{"", "- &a b\n", 2000, "m:1001:3: more than 1000 anchors in one document"},
		{"- &a b\n", "- *a\n", 200000, "m:100002:3: aliases expand to more than 100000 values"},
		{"a:\n", " b: |\n", 3, "m:3:2: key 'b' is given twice (first at line 2)"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_text t = TEXT_INIT(SIZE_MAX_TEXT);
		text_add(&t, cases[i].begin);
		repeat(&t, cases[i].part, cases[i].times);
		is_refused(&t, cases[i].refusal);
	}
}

static void lists_in_lists_do_not_explode(void **state)
{
	auto_text t = TEXT_INIT(SIZE_MAX_TEXT);
	text_add(&t, "apiVersion: v1\nkind: List\nx0: &x0 {apiVersion: v1, kind: Foo}\n");
	for (int i = 1; i < 20; i++)
		text_printf(&t, "x%d: &x%d {apiVersion: v1, kind: List, items: [*x%d, *x%d, *x%d, *x%d]}\n", i, i,
			    i - 1, i - 1, i - 1, i - 1);
	text_add(&t, "items: [*x19]\n");
	is_refused(&t, "m:10:51: aliases expand to more than 100000 values");
}

static const char service[] = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 80}]}\n";

static void streams_add_up(void **state)
{
	struct manifest *m = manifest_create();
	struct err err = {0};
	char name[] = "one.yaml";
	assert_int_equal(manifest_read(m, name, service, strlen(service), &err), 0);
	name[0] = 'x'; /* a name is only borrowed */
	const char other[] = "apiVersion: v1\nkind: Service\nmetadata: {name: bank}\nspec: {ports: [{port: 80}]}\n";
	assert_int_equal(manifest_read(m, "two.yaml", other, strlen(other), &err), 0);
	assert_int_equal(m->service_count, 2);
	assert_string_equal(m->services[0].place.file, "one.yaml");
	assert_string_equal(m->services[1].name, "bank");
	assert_int_equal(manifest_read(m, "three.yaml", service, strlen(service), &err), -EINVAL);
	assert_string_equal(err.text, "three.yaml:1:1: Service shop is given twice (first at one.yaml:1)");
	manifest_destroy(m);
}

static void an_empty_manifest_holds_nothing(void **state)
{
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_int_equal(manifest_read(m, "m", "", 0, &err), 0);
	assert_int_equal(m->deployment_count + m->service_count + m->ingress_count + m->passed_over_count, 0);
	assert_null(m->notes[0]);
	manifest_destroy(m);
	manifest_destroy(NULL);
}

/* Nobody reads why. */
static void err_may_be_null(void **state)
{
	struct manifest *m = manifest_create();
	assert_int_equal(manifest_read(m, "m", "a: [", 4, NULL), -EINVAL);
	manifest_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_16_mib_are_read),
		cmocka_unit_test(hostile_shapes_are_refused),
		cmocka_unit_test(lists_in_lists_do_not_explode),
		cmocka_unit_test(streams_add_up),
		cmocka_unit_test(an_empty_manifest_holds_nothing),
		cmocka_unit_test(err_may_be_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
