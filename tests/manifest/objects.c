// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "manifest/objects.h"

static struct label ab[] = {{"app", "shop"}, {"tier", "web"}};
static struct label a[] = {{"app", "shop"}};
static struct label other[] = {{"app", "bank"}};
static const struct labels both = {ab, 2}, one = {a, 1}, wrong = {other, 1}, none = {NULL, 0};

static void a_selector_asks_for_all_of_its_labels(void **state)
{
	assert_true(labels_match(&one, &both));
	assert_true(labels_match(&both, &both));
	assert_false(labels_match(&both, &one));
	assert_false(labels_match(&wrong, &both));
	assert_false(labels_match(&one, &none));
}

static void an_empty_selector_matches_nothing(void **state)
{
	assert_false(labels_match(&none, &both));
	assert_false(labels_match(&none, &none));
}

static int64_t pods(bool is_percent, int64_t number, int64_t replicas, bool round_up)
{
	const struct int_or_string v = {.is_percent = is_percent, .number = number, .name = ""};
	return int_or_string_pods(&v, replicas, round_up);
}

/* 25 % of 3 is 0 unavailable and 1 surge, of 4 it is 1 and 1. */
static void percentages_round_as_asked(void **state)
{
	assert_int_equal(pods(true, 25, 3, false), 0);
	assert_int_equal(pods(true, 25, 3, true), 1);
	assert_int_equal(pods(true, 25, 4, false), 1);
	assert_int_equal(pods(true, 25, 4, true), 1);
	assert_int_equal(pods(true, 25, 5, true), 2);
	assert_int_equal(pods(true, 0, 7, true), 0);
	assert_int_equal(pods(true, 100, 7, false), 7);
	assert_int_equal(pods(true, 1, 0, true), 0);
	assert_int_equal(pods(true, 1, 1, true), 1);
	assert_int_equal(pods(true, 999999999, INT32_MAX, true), INT64_C(21474836448525164));
}

static void numbers_are_taken_as_they_are(void **state)
{
	assert_int_equal(pods(false, 3, 10, true), 3);
	assert_int_equal(pods(false, 12, 10, false), 12);
	const struct int_or_string name = {.is_name = true, .number = 7, .name = "http"};
	assert_int_equal(int_or_string_pods(&name, 10, true), 0);
}

static void ports_are_found_by_name(void **state)
{
	struct container_port web[] = {{"http", 8080, "TCP"}, {"", 9000, "TCP"}}, mesh[] = {{"admin", 15000, "TCP"}};
	struct container_port setup[] = {{"once", 1, "TCP"}};
	struct container containers[] = {{.name = "x"}, {.name = "web", .ports = web, .port_count = 2}};
	struct container inits[] = {
		{.name = "setup", .ports = setup, .port_count = 1},
		{.name = "mesh", .ports = mesh, .port_count = 1, .is_sidecar = true},
	};
	const struct pod_spec pod = {
		.containers = containers, .container_count = 2, .init_containers = inits, .init_container_count = 2};
	assert_int_equal(pod_port(&pod, &(struct int_or_string){.number = 80, .name = ""}), 80);
	assert_int_equal(pod_port(&pod, &(struct int_or_string){.is_name = true, .name = "http"}), 8080);
	assert_int_equal(pod_port(&pod, &(struct int_or_string){.is_name = true, .name = "admin"}), 15000);
	assert_int_equal(pod_port(&pod, &(struct int_or_string){.is_name = true, .name = "once"}), 0);
	assert_int_equal(pod_port(&pod, &(struct int_or_string){.is_name = true, .name = "https"}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selector_asks_for_all_of_its_labels),
		cmocka_unit_test(an_empty_selector_matches_nothing),
		cmocka_unit_test(percentages_round_as_asked),
		cmocka_unit_test(numbers_are_taken_as_they_are),
		cmocka_unit_test(ports_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
