// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "helper/counters.h"

#include <errno.h>
#include <stdio.h>

#define TCP "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails\n"

static void handshakes_are_found_by_name(void **state)
{
	assert_int_equal(counters_parse_handshakes("Ip: Forwarding DefaultTTL\nIp: 1 64\n" TCP
						   "Tcp: 1 200 120000 -1 12 345 6\nUdp: InDatagrams\nUdp: 1\n"),
			 345);
	assert_int_equal(counters_parse_handshakes("Tcp: PassiveOpens\nTcp: 0\n"), 0);
}

static void what_is_not_that_file_is_refused(void **state)
{
	const char *texts[] = {
		"",
		"Tcp: ",
		TCP,
		TCP "Tcp: 1 200",
		TCP "Udp: 1 2 3 4 5 6",
		"Tcp: RtoMin\nTcp: 1\n",
		"TcpExt: PassiveOpens\nTcpExt: 1\n",
		TCP "Tcp: 1 200 120000 -1 12 -3 6\n",
		TCP "Tcp: 1 200 120000 -1 12 99999999999999999999 6\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(counters_parse_handshakes(texts[i]), -EPROTO);
}

static void a_start_is_found_behind_any_name(void **state)
{
	const char *tail = " S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 900 10\n";
	char stat[256];
	const char *names[] = {"1 (app)", "1 (a b)", "1 (a) S 9 (b)"};
	for (size_t i = 0; i < 3; i++) {
		snprintf(stat, sizeof stat, "%s%s", names[i], tail);
		assert_int_equal(counters_parse_start(stat), 4711);
	}
	assert_int_equal(counters_parse_start("1 (app"), -EPROTO);
	assert_int_equal(counters_parse_start("1 (app) S 0"), -EPROTO);
}

static void this_machine_has_both(void **state)
{
	assert_true(counters_read_handshakes() >= 0);
	assert_true(counters_age_ns() >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes_are_found_by_name),
		cmocka_unit_test(what_is_not_that_file_is_refused),
		cmocka_unit_test(a_start_is_found_behind_any_name),
		cmocka_unit_test(this_machine_has_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
