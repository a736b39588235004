// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/failure.h"
#include "load/outcome.h"

#include <errno.h>
#include <stdio.h>

static void every_name_comes_back(void **state)
{
	for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
		for (int status = 0; status < (kind == OUTCOME_STATUS ? 1000 : 1); status++) {
			char name[OUTCOME_NAME_SIZE];
			enum outcome_kind back = OUTCOME_KINDS;
			int number = -1;
			assert_true(outcome_parse(outcome_name((enum outcome_kind)kind, status, name), &back, &number));
			assert_int_equal(back, kind);
			assert_int_equal(number, status);
		}
	}
}

static void names_are_the_contract(void **state)
{
	char name[OUTCOME_NAME_SIZE];
	assert_string_equal(outcome_name(OUTCOME_WAIT_RESET, 0, name), "wait/reset");
	assert_string_equal(outcome_name(OUTCOME_STATUS, 503, name), "status/503");
	assert_string_equal(outcome_name(OUTCOME_CLIENT_FILES, 0, name), "client/files");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = {"",          "wait",       "wait/",       "wait/reset ", "status/",
					  "status/50", "status/5xx", "status/5033", "Wait/reset"};
	enum outcome_kind kind = OUTCOME_KINDS;
	int status = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(outcome_parse(bad[i], &kind, &status));
	assert_int_equal(kind, OUTCOME_KINDS);
	assert_int_equal(status, 7);
}

static void errno_decides_whose_fault_it_was(void **state)
{
	assert_int_equal(failure_connecting(ECONNREFUSED), OUTCOME_CONNECT_REFUSED);
	assert_int_equal(failure_connecting(ETIMEDOUT), OUTCOME_CONNECT_TIMEOUT);
	assert_int_equal(failure_connecting(ECONNRESET), OUTCOME_CONNECT_RESET);
	assert_int_equal(failure_connecting(EHOSTUNREACH), OUTCOME_CONNECT_UNREACHABLE);
	assert_int_equal(failure_connecting(ENETUNREACH), OUTCOME_CONNECT_UNREACHABLE);
	assert_int_equal(failure_connecting(EADDRNOTAVAIL), OUTCOME_CLIENT_PORTS);
	assert_int_equal(failure_connecting(EMFILE), OUTCOME_CLIENT_FILES);
	assert_int_equal(failure_connecting(ENFILE), OUTCOME_CLIENT_FILES);
	for (int kind = 0; kind < OUTCOME_KINDS; kind++)
		assert_int_equal(outcome_is_client_side((enum outcome_kind)kind),
				 kind == OUTCOME_CLIENT_PORTS || kind == OUTCOME_CLIENT_FILES);
}

static void phase_and_manner_make_the_name(void **state)
{
	static const char *const phases[] = {"send", "wait", "head", "body"};
	static const char *const manners[] = {"reset", "closed", "timeout", "malformed"};
	for (int phase = FAILURE_WAIT; phase < FAILURE_PHASES; phase++) {
		for (int manner = 0; manner < FAILURE_MANNERS; manner++) {
			char name[OUTCOME_NAME_SIZE], wanted[OUTCOME_NAME_SIZE];
			if (phase == FAILURE_WAIT && manner == FAILURE_MALFORMED)
				continue; /* a malformed byte is one of the head */
			snprintf(wanted, sizeof wanted, "%s/%s", phases[phase], manners[manner]);
			assert_string_equal(
				outcome_name(failure_connected((enum failure_phase)phase, (enum failure_manner)manner),
					     0, name),
				wanted);
		}
	}
	assert_int_equal(failure_connected(FAILURE_SEND, FAILURE_RESET), OUTCOME_SEND_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_comes_back),          cmocka_unit_test(names_are_the_contract),
		cmocka_unit_test(what_is_no_name_is_refused),     cmocka_unit_test(errno_decides_whose_fault_it_was),
		cmocka_unit_test(phase_and_manner_make_the_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
