// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "load/notes.h"
#include "net/address.h"

#include <string.h>

static struct load_totals totals;
static struct tally tally;
static struct limits_watch limits;
static struct notes notes;

static int reset(void **state)
{
	notes_finish(&notes);
	memset(&totals, 0, sizeof totals);
	memset(&tally, 0, sizeof tally);
	memset(&limits, 0, sizeof limits);
	limits.threads = 1;
	limits.watched_ns = 10 * NS_PER_S;
	limits.first.conntrack.max = limits.last.conntrack.max = 1000;
	return 0;
}

static void take(double rate, int64_t connections, bool is_local)
{
	struct notes_facts f = {.totals = &totals,
				.tally = &tally,
				.limits = &limits,
				.rate = rate,
				.connections = connections,
				.is_local = is_local};
	notes_finish(&notes);
	notes_take(&notes, &f);
}

static void says(enum note_what what, const char *text)
{
	assert_int_equal(notes.count, 1);
	assert_int_equal(notes.all[0].what, what);
	if (!strstr(notes.all[0].text, text))
		fail_msg("not there: %s\nin: %s", text, notes.all[0].text);
}

static void sent(int count, int64_t late_ns, int64_t latency_ns)
{
	for (int i = 0; i < count; i++) {
		histogram_add(&totals.lateness, late_ns);
		histogram_add(&totals.latency, latency_ns);
	}
}

static void a_load_without_trouble_has_no_notes(void **state)
{
	sent(1000, 50000, NS_PER_MS);
	take(100, 0, true);
	assert_int_equal(notes.count, 0);
	assert_false(notes.too_late);
}

static void lateness_is_told_when_it_shows(void **state)
{
	sent(980, 50000, NS_PER_MS);
	sent(20, 12 * NS_PER_MS, 13 * NS_PER_MS);
	take(100, 0, false);
	says(NOTE_LATE, "p99 1");
	assert_false(notes.too_late);
	/* Beside a service that takes seconds it is nothing. */
	sent(100, 0, 3 * NS_PER_S);
	take(100, 0, false);
	assert_int_equal(notes.count, 0);
	/* A closed loop has no times to keep. */
	reset(NULL);
	sent(10, NS_PER_S, NS_PER_S);
	take(0, 10, false);
	assert_int_equal(notes.count, 0);
}

static void one_in_ten_too_late_is_another_load(void **state)
{
	sent(911, 0, NS_PER_MS);
	sent(89, 150 * NS_PER_MS, 150 * NS_PER_MS);
	take(100, 0, false);
	assert_false(notes.too_late);
	sent(20, 150 * NS_PER_MS, 150 * NS_PER_MS);
	take(100, 0, false);
	assert_true(notes.too_late);
	says(NOTE_LATE, "not the one asked for");
	/* Asked to wait for one of four connections, it did as it was told. */
	totals.crowded = 1234;
	take(100, 4, false);
	assert_false(notes.too_late);
	says(NOTE_LATE, "1,234 requests found all 4 connections busy");
	/* But then so many must have waited. */
	totals.crowded = 50;
	take(100, 4, false);
	assert_true(notes.too_late);
	says(NOTE_LATE, "not the one asked for");
}

static void a_few_requests_prove_no_lateness(void **state)
{
	sent(9, NS_PER_S, NS_PER_S);
	take(100, 0, false);
	assert_int_equal(notes.count, 1);
	assert_false(notes.too_late);
	sent(1, NS_PER_S, NS_PER_S);
	take(100, 0, false);
	assert_true(notes.too_late);
}

static void a_busy_generator_is_told(void **state)
{
	limits.busy_ns = 900 * NS_PER_MS;
	limits.busy_cpu_ns = 880 * NS_PER_MS;
	take(0, 10, false);
	assert_int_equal(notes.count, 0);
	limits.threads = 2;
	limits.busy_ns = 5 * NS_PER_S;
	limits.busy_cpu_ns = 9500 * NS_PER_MS;
	take(0, 10, false);
	says(NOTE_CPU, "95 % of its cores for 5 s of 10 s");
}

static void our_own_limits_are_named_with_their_figures(void **state)
{
	limits.last.port_low = 32768;
	limits.last.port_high = 60999;
	limits.last.files = 1024;
	tally.kinds[OUTCOME_CLIENT_PORTS].count = 5;
	take(100, 0, false);
	says(NOTE_PORTS, "5 requests: net.ipv4.ip_local_port_range is 32768-60999, which is 28,232");
	tally.kinds[OUTCOME_CLIENT_PORTS].count = 0;
	tally.kinds[OUTCOME_CLIENT_FILES].count = 2000;
	take(100, 0, false);
	says(NOTE_FILES, "2,000 requests: 1,024 may be open");
}

static void connection_tracking_that_overflows_is_told(void **state)
{
	limits.first.conntrack.drop = 100;
	limits.last.conntrack.drop = 100;
	limits.conntrack_peak = 999;
	take(100, 0, false);
	assert_int_equal(notes.count, 0);
	limits.last.conntrack.drop = 112;
	take(100, 0, false);
	says(NOTE_CONNTRACK, "up to 999 of 1,000 entries; 12 packets dropped");
	limits.last.conntrack.drop = 100;
	limits.conntrack_peak = 1000;
	take(100, 0, false);
	says(NOTE_CONNTRACK, "up to 1,000 of 1,000 entries; 0 packets dropped");
}

static void listeners_concern_us_when_the_service_is_here(void **state)
{
	limits.first.listen_overflows = 5;
	limits.last.listen_overflows = 42;
	take(100, 0, false);
	assert_int_equal(notes.count, 0);
	/* Nothing of ours was late enough to have met it. */
	take(100, 0, true);
	assert_int_equal(notes.count, 0);
	tally.kinds[OUTCOME_CONNECT_TIMEOUT].count = 1;
	take(100, 0, true);
	says(NOTE_LISTEN_OVERFLOW, "37 handshakes");
	tally.kinds[OUTCOME_CONNECT_TIMEOUT].count = 0;
	sent(1, 0, NS_PER_S);
	take(100, 0, true);
	says(NOTE_LISTEN_OVERFLOW, "37 handshakes");
}

static bool is_local(const char *host)
{
	struct load_target t = {0};
	assert_int_equal(address_resolve(host, 80, &t.address, &t.address_length, NULL), 0);
	return notes_is_local(&t);
}

static void addresses_of_this_host_are_known(void **state)
{
	assert_true(is_local("127.0.0.1"));
	assert_true(is_local("127.9.8.7"));
	assert_true(is_local("::1"));
	assert_false(is_local("192.0.2.1"));
	assert_false(is_local("2001:db8::1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_load_without_trouble_has_no_notes, reset, reset),
		cmocka_unit_test_setup_teardown(lateness_is_told_when_it_shows, reset, reset),
		cmocka_unit_test_setup_teardown(one_in_ten_too_late_is_another_load, reset, reset),
		cmocka_unit_test_setup_teardown(a_few_requests_prove_no_lateness, reset, reset),
		cmocka_unit_test_setup_teardown(a_busy_generator_is_told, reset, reset),
		cmocka_unit_test_setup_teardown(our_own_limits_are_named_with_their_figures, reset, reset),
		cmocka_unit_test_setup_teardown(connection_tracking_that_overflows_is_told, reset, reset),
		cmocka_unit_test_setup_teardown(listeners_concern_us_when_the_service_is_here, reset, reset),
		cmocka_unit_test_setup_teardown(addresses_of_this_host_are_known, reset, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
