// SPDX-License-Identifier: Apache-2.0
/* kustomize.c - with a kubectl of our own first in PATH: what it prints, how it fails, and that it is not there. */
#include "../unit.h"
#include "manifest/manifest.h"
#include "scratch.h"

#include <errno.h>

static void kubectl_is(const char *script)
{
	scratch_write("kubectl", script, 0700);
	auto_free char *path = memory_printf("%s:/usr/bin:/bin", scratch);
	setenv("PATH", path, 1);
}

static void fails(enum err_kind kind, const char *words)
{
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_true(manifest_read_kustomization(m, "k8s", &err) < 0);
	assert_string_equal(err.text, words);
	assert_int_equal(err.kind, kind);
	manifest_destroy(m);
}

static void what_kubectl_prints_is_read(void **state)
{
	kubectl_is("#!/bin/sh\n"
		   "[ \"$*\" = 'kustomize -- k8s' ] || exit 1\n"
		   "echo '# Warning: something is deprecated' >&2\n"
		   "printf 'apiVersion: v1\\nkind: Service\\nmetadata: {name: a}\\nspec: {ports: [{port: 80}]}\\n'\n");
	struct manifest *m = manifest_create();
	struct err err = {0};
	if (manifest_read_kustomization(m, "k8s", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(m->service_count, 1);
	assert_string_equal(m->services[0].place.file, "kustomize k8s");
	manifest_destroy(m);
}

static void its_error_is_ours(void **state)
{
	kubectl_is("#!/bin/sh\necho 'Warning: old' >&2\necho 'error: no kustomization file in k8s' >&2\necho more "
		   ">&2\nexit 1\n");
	fails(ERR_INPUT, "kustomize k8s: no kustomization file in k8s");
	kubectl_is("#!/bin/sh\necho 'something else' >&2\nexit 1\n");
	fails(ERR_INPUT, "kustomize k8s: something else");
	kubectl_is("#!/bin/sh\necho 'E1121 23:12:51 18190 run.go:72] \"command failed\" err=\"not a folder\"' "
		   ">&2\nexit 1\n");
	fails(ERR_INPUT, "kustomize k8s: not a folder");
	kubectl_is("#!/bin/sh\nkill -9 $$\n");
	fails(ERR_INPUT, "kustomize k8s: kubectl failed and did not say why");
}

/* More than a pipe holds on both sides: neither may wait for the other. */
static void much_of_both_does_not_hang(void **state)
{
	kubectl_is("#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' '#' >&2\nhead -c 300000 /dev/zero | tr '\\0' "
		   "'#'\nexit 0\n");
	struct manifest *m = manifest_create();
	struct err err = {0};
	assert_int_equal(manifest_read_kustomization(m, "k8s", &err), 0);
	manifest_destroy(m);
}

static void endless_output_is_cut(void **state)
{
	kubectl_is("#!/bin/sh\nexec yes '# x'\n");
	fails(ERR_INPUT, "kustomize k8s:1:1: larger than 16 MiB");
}

static void bad_output_has_its_place(void **state)
{
	kubectl_is("#!/bin/sh\necho 'a: ['\n");
	fails(ERR_INPUT, "kustomize k8s:2:1: not YAML: did not find expected node content while parsing a flow node");
}

static void without_kubectl_we_say_so(void **state)
{
	setenv("PATH", scratch, 1);
	fails(ERR_SYSTEM, "-k needs kubectl to render k8s, and there is none in PATH: No such file or directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, path_restore)

static char *path_before;

static int path_restore(void **state)
{
	setenv("PATH", path_before, 1);
	return scratch_remove(state);
}

int main(void)
{
	path_before = memory_copy(getenv("PATH"));
	const struct CMUnitTest tests[] = {
		TEST(what_kubectl_prints_is_read), TEST(its_error_is_ours),        TEST(much_of_both_does_not_hang),
		TEST(endless_output_is_cut),       TEST(bad_output_has_its_place), TEST(without_kubectl_we_say_so),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(path_before);
	return failed;
}
