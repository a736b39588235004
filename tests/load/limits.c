// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/limits.h"

#include <string.h>

static void listen_overflows_are_found_by_name(void **state)
{
	static const char text[] = "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits\n"
				   "TcpExt: 1 249628 249629 7\n"
				   "IpExt: InNoRoutes ListenOverflows\nIpExt: 3 4\n";
	struct limits l = {0};
	assert_true(limits_parse_netstat(text, &l));
	assert_int_equal(l.listen_overflows, 249628);
	assert_int_equal(l.listen_drops, 249629);
	static const char other[] = "IpExt: A ListenOverflows\nIpExt: 3 4\nTcpExt: ListenDrops A ListenOverflows\n"
				    "TcpExt: 5 6 7";
	assert_true(limits_parse_netstat(other, &l));
	assert_int_equal(l.listen_overflows, 7);
	assert_int_equal(l.listen_drops, 5);
}

static void what_is_not_there_changes_nothing(void **state)
{
	static const char *const netstats[] = {
		"",
		"\n",
		"TcpExt: ListenOverflows ListenDrops",
		"TcpExt: ListenOverflows ListenDrops\n",
		"TcpExt: ListenOverflows ListenDrops\nIpExt: 1 2\n",
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 1\n",
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 x\n",
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 -2\n",
		"TcpExt: ListenOverflowsX ListenDrops\nTcpExt: 1 2\n",
	};
	static const char *const conntracks[] = {"", "entries drop early_drop insert_failed\n",
						 "drop early_drop\n1 2\n", "drop early_drop insert_failed\n1 2\n",
						 "drop early_drop insert_failed\n1 2 3\n1 2 z\n"};
	static const char *const ports[] = {"", "32768", "32768 x", "60999 32768", "1 65536", "-1 2"};
	struct limits l, before;
	memset(&l, 77, sizeof l);
	before = l;
	for (size_t i = 0; i < sizeof netstats / sizeof *netstats; i++)
		assert_false(limits_parse_netstat(netstats[i], &l));
	for (size_t i = 0; i < sizeof conntracks / sizeof *conntracks; i++)
		assert_false(limits_parse_conntrack(conntracks[i], &l.conntrack));
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		assert_false(limits_parse_ports(ports[i], &l));
	assert_memory_equal(&l, &before, sizeof l);
}

static void connection_tracking_is_added_up_over_processors(void **state)
{
	static const char text[] = "entries  clashres found new invalid ignore delete chainlength insert insert_failed "
				   "drop early_drop icmp_error\n"
				   "00000005  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
				   "00000001 0000000a 00000002 0\n"
				   "00000005  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
				   "00000010 000000ff 00000003 0\n";
	struct limits_conntrack c = {.count = 9, .max = 10};
	assert_true(limits_parse_conntrack(text, &c));
	assert_int_equal(c.drop, 10 + 255);
	assert_int_equal(c.early_drop, 5);
	assert_int_equal(c.insert_failed, 17);
	assert_int_equal(c.count, 9);
	assert_int_equal(c.max, 10);
}

static void the_port_range_has_two_ends(void **state)
{
	struct limits l = {0};
	assert_true(limits_parse_ports("32768\t60999\n", &l));
	assert_int_equal(l.port_low, 32768);
	assert_int_equal(l.port_high, 60999);
}

static void this_machine_has_limits(void **state)
{
	struct limits l;
	limits_read(&l);
	assert_true(l.files > 0);
	assert_true(l.port_low > 0 && l.port_high > l.port_low);
	assert_true(l.wall_ns > 0 && l.cpu_ns > 0);
}

static void work(int64_t until_cpu_ns)
{
	struct limits l;
	do
		limits_read(&l);
	while (l.cpu_ns < until_cpu_ns);
}

static void cpu_time_is_watched(void **state)
{
	struct limits_watch w;
	limits_watch_start(&w, 1);
	work(w.first.cpu_ns + 20000000);
	limits_watch_look(&w);
	limits_watch_end(&w);
	assert_true(w.watched_ns >= 20000000);
	assert_int_equal(w.watched_ns, w.last.wall_ns - w.first.wall_ns);
	assert_true(w.busy_ns <= w.watched_ns && w.busy_cpu_ns <= w.last.cpu_ns - w.first.cpu_ns);
	/* A thousand threads cannot be busy with what one can do. */
	limits_watch_start(&w, 1000);
	work(w.first.cpu_ns + 5000000);
	limits_watch_end(&w);
	assert_int_equal(w.busy_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_overflows_are_found_by_name),
		cmocka_unit_test(what_is_not_there_changes_nothing),
		cmocka_unit_test(connection_tracking_is_added_up_over_processors),
		cmocka_unit_test(the_port_range_has_two_ends),
		cmocka_unit_test(this_machine_has_limits),
		cmocka_unit_test(cpu_time_is_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
