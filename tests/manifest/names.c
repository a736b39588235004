// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "manifest/downward.h"
#include "manifest/names.h"

#include <string.h>

static void takes(const struct form *form, bool expected, const char *const *words)
{
	for (; *words; words++)
		if (form->fits(*words) != expected)
			fail_msg("%s: '%s'", form->what, *words);
}

static void forms_are_those_of_the_api_server(void **state)
{
	char long_label[65];
	memset(long_label, 'a', 64);
	long_label[64] = '\0';
	takes(&form_label, true, (const char *[]){"a", "1", "a-b", long_label + 1, NULL});
	takes(&form_label, false, (const char *[]){"", "-a", "a-", "A", "a.b", "a_b", long_label, NULL});
	takes(&form_subdomain, true, (const char *[]){"a.b-c.1", long_label, NULL});
	takes(&form_subdomain, false, (const char *[]){"", ".a", "a.", "a..b", "a.-b", "a_b", NULL});
	takes(&form_service, true, (const char *[]){"a1", NULL});
	takes(&form_service, false, (const char *[]){"1a", "a.b", NULL});
	takes(&form_port, true, (const char *[]){"http", "a", "8080a", "a-b", NULL});
	takes(&form_port, false, (const char *[]){"8080", "a--b", "HTTP", "a234567890123456", "", NULL});
	takes(&form_host, true, (const char *[]){"*.a.b", "a", NULL});
	takes(&form_host, false, (const char *[]){"*", "a.*", "*a", "A", NULL});
	takes(&form_env, true, (const char *[]){"A", "a b", "$(x)", NULL});
	takes(&form_env, false, (const char *[]){"", "A=B", "\xc3\xa9", "a\tb", NULL});
	takes(&form_key, true, (const char *[]){"a", "A_b.c", "example.com/a", NULL});
	takes(&form_key, false, (const char *[]){"", "/a", "a/", "a/b/c", "Example.com/a", "-a", NULL});
	takes(&form_label_value, true, (const char *[]){"", "1.2_B-c", NULL});
	takes(&form_label_value, false, (const char *[]){"a b", ".a", long_label, NULL});
}

static void distances_are_counted_up_to_a_limit(void **state)
{
	assert_int_equal(names_distance("readinesProbe", "readinessProbe", 2), 1);
	assert_int_equal(names_distance("abc", "abc", 2), 0);
	assert_int_equal(names_distance("prots", "ports", 2), 2);
	assert_int_equal(names_distance("", "ab", 2), 2);
	assert_int_equal(names_distance("abc", "xyz", 2), 3);
	assert_int_equal(names_distance("a", "abcdef", 2), 3);
}

static void a_pod_has_these_fields_for_its_environment(void **state)
{
	assert_true(downward_is_known("status.podIPs"));
	assert_true(downward_is_known("metadata.labels['app.kubernetes.io/name']"));
	assert_true(downward_is_known("metadata.annotations['a']"));
	assert_false(downward_is_known("metadata.labels"));
	assert_false(downward_is_known("metadata.labels['']"));
	assert_false(downward_is_known("metadata.labels['a'"));
	assert_false(downward_is_known("metadata.labels['a']]"));
	assert_false(downward_is_known("metadata.labels[\"a\"]"));
	assert_false(downward_is_known("metadata.labels['a b']"));
	assert_false(downward_is_known(""));
	assert_string_equal(downward_nearest("status.podip"), "status.podIP");
	assert_null(downward_nearest("status.phase"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_those_of_the_api_server),
		cmocka_unit_test(distances_are_counted_up_to_a_limit),
		cmocka_unit_test(a_pod_has_these_fields_for_its_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
