// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "manifest/manifest.h"
#include "scratch.h"

#include <errno.h>

#define SERVICE(name) "apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: 80}]}\n"

static void reads(struct manifest *m, const char *name)
{
	auto_free char *path = scratch_path(name);
	struct err err = {0};
	if (manifest_read_path(m, path, &err) < 0)
		fail_msg("%s", err.text);
}

static void fails(const char *name, const char *words)
{
	auto_free char *path = scratch_path(name);
	auto_free char *expected = memory_printf("%s%s", path, words);
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_true(manifest_read_path(m, path, &err) < 0);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.text, expected);
	manifest_destroy(m);
}

static void a_folder_is_read_in_order_and_not_deeper(void **state)
{
	scratch_write("b.yml", SERVICE("b"), 0600);
	scratch_write("a.yaml", SERVICE("a"), 0600);
	scratch_write("c.json", "{\"apiVersion\":\"v1\",\"kind\":\"Foo\"}", 0600);
	scratch_write("README.md", "# not YAML: [", 0600);
	scratch_write(".yaml", "[", 0600);
	auto_free char *deeper = scratch_path("d.yaml"), *bad = scratch_path("d.yaml/x.yaml");
	assert_int_equal(mkdir(deeper, 0700), 0);
	FILE *f = fopen(bad, "w");
	assert_non_null(f);
	fputs("[", f);
	fclose(f);
	struct manifest *m = manifest_create();
	reads(m, "");
	assert_int_equal(m->service_count, 2);
	assert_string_equal(m->services[0].name, "a");
	assert_string_equal(m->services[1].name, "b");
	assert_int_equal(m->passed_over_count, 1);
	auto_free char *file = scratch_path("b.yml");
	assert_string_equal(m->services[1].place.file, file);
	manifest_destroy(m);
}

static void a_file_of_any_name_is_read(void **state)
{
	scratch_write("manifest", SERVICE("a"), 0600);
	struct manifest *m = manifest_create();
	reads(m, "manifest");
	assert_int_equal(m->service_count, 1);
	manifest_destroy(m);
}

static void what_can_not_be_read_is_named(void **state)
{
	fails("none.yaml", ": cannot be read: No such file or directory");
	fails("", ": no *.yaml, *.yml or *.json in this folder");
	scratch_write("bad.yaml", "a: [\n", 0600);
	fails("bad.yaml", ":2:1: not YAML: did not find expected node content while parsing a flow node");
	if (geteuid() != 0) {
		scratch_write("closed.yaml", "", 0);
		fails("closed.yaml", ": cannot be read: Permission denied");
	}
}

static void a_file_beyond_the_limit_is_refused(void **state)
{
	scratch_write("large.yaml", "", 0600);
	auto_free char *path = scratch_path("large.yaml");
	assert_int_equal(truncate(path, (16 << 20) + 1), 0);
	fails("large.yaml", ":1:1: larger than 16 MiB");
}

static void standard_input_is_a_dash(void **state)
{
	scratch_write("in", SERVICE("a") "---\nkind: 1\n", 0600);
	auto_free char *path = scratch_path("in");
	int keep = dup(STDIN_FILENO), fd = open(path, O_RDONLY);
	assert_true(keep >= 0 && fd >= 0);
	dup2(fd, STDIN_FILENO);
	struct manifest *m = manifest_create();
	struct err err = {0};
	int rc = manifest_read_path(m, "-", &err);
	dup2(keep, STDIN_FILENO);
	close(keep);
	close(fd);
	assert_int_equal(rc, -EINVAL);
	assert_string_equal(err.text, "<stdin>:6:1: an object needs apiVersion");
	manifest_destroy(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_is_read_in_order_and_not_deeper),
		TEST(a_file_of_any_name_is_read),
		TEST(what_can_not_be_read_is_named),
		TEST(a_file_beyond_the_limit_is_refused),
		TEST(standard_input_is_a_dash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
