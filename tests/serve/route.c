// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "serve/route.h"

#include <string.h>

enum stage { STARTING, READY, ENDING };

static struct route find(const char *target, enum stage stage)
{
	struct route_facts facts = {.is_started = stage != STARTING,
				    .is_ready = stage == READY,
				    .answers_probes = true,
				    .answers_pages = true,
				    .delay_ns = 7};
	return route_find(target, strlen(target), &facts);
}

static void any_path_gives_the_page(void **state)
{
	const char *targets[] = {"/", "/a/b?c=d", "*", "http://h/x", "http://h", "/livez/", "/Livez", "?"};
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct route r = find(targets[i], READY);
		assert_int_equal(r.status, 200);
		assert_null(r.body);
		assert_int_equal(r.wait_ns, 7);
		assert_int_equal(r.kind, ROUTE_PAGE);
	}
}

static void a_request_may_ask_to_wait(void **state)
{
	const struct {
		const char *target;
		int64_t ns;
	} cases[] = {
		{"/?wait=2", 2 * NS_PER_S}, {"/?wait=0.25", 250 * NS_PER_MS}, {"/x?a=b&wait=.5&c", NS_PER_S / 2},
		{"http://h/?wait=0", 0},    {"/?wait=600", 600 * NS_PER_S},   {"/?waiting=1", 7},
		{"/?wait=1.", NS_PER_S},    {"/?wait=0.0000000001", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct route r = find(cases[i].target, READY);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.wait_ns, cases[i].ns);
	}
	const char *bad[] = {"/?wait=",    "/?wait",       "/?wait=x",
			     "/?wait=-1",  "/?wait=1e3",   "/?wait=601",
			     "/?wait=.",   "/?wait=1.2.3", "/?wait=99999999999999999999",
			     "/?a&wait=1s"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(find(bad[i], READY).status, 400);
}

static void probes_hear_the_truth(void **state)
{
	const struct {
		const char *target;
		int starting, ready, ending;
	} cases[] = {
		{"/livez", 200, 200, 200}, {"/alive?x", 200, 200, 200},  {"/readyz", 503, 200, 503},
		{"/ready", 503, 200, 503}, {"/startupz", 503, 200, 200}, {"http://h/readyz", 503, 200, 503},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(find(cases[i].target, STARTING).status, cases[i].starting);
		assert_int_equal(find(cases[i].target, READY).status, cases[i].ready);
		assert_int_equal(find(cases[i].target, ENDING).status, cases[i].ending);
		assert_int_equal(find(cases[i].target, READY).wait_ns, 0);
		assert_int_equal(find(cases[i].target, READY).kind, ROUTE_PROBE);
	}
}

static void what_starts_answers_500(void **state)
{
	struct route r = find("/?wait=3", STARTING);
	assert_int_equal(r.status, 500);
	assert_int_equal(r.wait_ns, 0);
}

static void each_port_answers_its_own(void **state)
{
	struct route_facts probes = {.is_started = true, .answers_probes = true};
	struct route_facts pages = {.is_started = true, .answers_pages = true};
	assert_int_equal(route_find("/livez", 6, &probes).kind, ROUTE_PROBE);
	assert_int_equal(route_find("/metrics", 8, &probes).kind, ROUTE_METRICS);
	assert_int_equal(route_find("/", 1, &probes).status, 404);
	assert_int_equal(route_find("/livez", 6, &pages).kind, ROUTE_PAGE);
	assert_int_equal(route_find("/metrics", 8, &pages).kind, ROUTE_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_path_gives_the_page),   cmocka_unit_test(a_request_may_ask_to_wait),
		cmocka_unit_test(probes_hear_the_truth),     cmocka_unit_test(what_starts_answers_500),
		cmocka_unit_test(each_port_answers_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
