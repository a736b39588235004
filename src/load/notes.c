// SPDX-License-Identifier: Apache-2.0
#include "notes.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX 512
#define LATE_NS NS_PER_MS                   /* below it nobody minds */
#define TOO_LATE_NS (100 * NS_PER_MS)       /* and above it for one in ten, the load was another one */
#define LATE_SHARE 0.1                      /* of the latency's p99: less does not show in the figures */
#define RETRANSMISSION_NS (200 * NS_PER_MS) /* the kernel's least */
#define BUSY_SHARE 0.1                      /* of the time: less is a moment */

const char *note_name(enum note_what what)
{
	static const char *const names[] = {
		[NOTE_LATE] = "late",           [NOTE_CPU] = "cpu",
		[NOTE_PORTS] = "ports",         [NOTE_FILES] = "files",
		[NOTE_CONNTRACK] = "conntrack", [NOTE_LISTEN_OVERFLOW] = "listen-overflow",
	};
	return names[what];
}

static void note(struct notes *n, enum note_what what, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void note(struct notes *n, enum note_what what, const char *format, ...)
{
	auto_text t = TEXT_INIT(NOTE_MAX);
	va_list args;
	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	n->all[n->count++] = (struct note){.what = what, .text = text_steal(&t)};
}

static uint64_t kind_count(const struct notes_facts *f, enum outcome_kind kind)
{
	return f->tally->kinds[kind].count;
}

/* Whoever asks for no more than so many connections asks for requests that wait: that is no fault of ours, as long as
 * enough of them waited to explain it. */
static bool notes_is_crowded(const struct notes_facts *f, int64_t p90)
{
	uint64_t count = f->totals->lateness.count, crowded = f->totals->crowded;
	return crowded * 100 >= count && (p90 <= TOO_LATE_NS || crowded * 10 >= count);
}

static void notes_take_late(struct notes *n, const struct notes_facts *f)
{
	const struct histogram *late = &f->totals->lateness;
	int64_t p99 = histogram_percentile(late, 99), p90 = histogram_percentile(late, 90);
	char p90_text[UNITS_SIZE], p99_text[UNITS_SIZE], crowded[UNITS_SIZE], most[UNITS_SIZE];
	if (f->rate <= 0 || p99 < LATE_NS ||
	    (double)p99 < LATE_SHARE * (double)histogram_percentile(&f->totals->latency, 99))
		return;
	units_show_duration(p90, p90_text);
	units_show_duration(p99, p99_text);
	if (notes_is_crowded(f, p90)) {
		note(n, NOTE_LATE,
		     "late: p90 %s, p99 %s: %s requests found all %s connections busy when they were due, and their "
		     "latency counts from then",
		     p90_text, p99_text, units_show_count(f->totals->crowded, crowded),
		     units_show_count((uint64_t)f->connections, most));
		return;
	}
	n->too_late = p90 > TOO_LATE_NS && late->count >= 10;
	note(n, NOTE_LATE, "late: p90 %s, p99 %s: this program, or the machine under it, could not keep the times%s",
	     p90_text, p99_text, n->too_late ? "; the load was not the one asked for" : "");
}

static void notes_take_cpu(struct notes *n, const struct notes_facts *f)
{
	const struct limits_watch *w = f->limits;
	char busy[UNITS_SIZE], watched[UNITS_SIZE];
	if (w->busy_ns == 0 || (double)w->busy_ns < BUSY_SHARE * (double)w->watched_ns)
		return;
	double share = (double)w->busy_cpu_ns / (double)w->busy_ns / w->threads;
	note(n, NOTE_CPU,
	     "the generator used %.0f %% of its core%s for %s of %s: what was measured there is its own speed, too",
	     share * 100, w->threads > 1 ? "s" : "", units_show_duration(w->busy_ns, busy),
	     units_show_duration(w->watched_ns, watched));
}

static void notes_take_ports(struct notes *n, const struct notes_facts *f)
{
	const struct limits *l = &f->limits->last;
	uint64_t missed = kind_count(f, OUTCOME_CLIENT_PORTS);
	char count[UNITS_SIZE], ports[UNITS_SIZE];
	if (!missed)
		return;
	note(n, NOTE_PORTS,
	     "no local port was free for %s requests: net.ipv4.ip_local_port_range is %" PRIu64 "-%" PRIu64
	     ", which is %s connections to one address, and a closed one keeps its port for a minute",
	     units_show_count(missed, count), l->port_low, l->port_high,
	     units_show_count(l->port_high - l->port_low + 1, ports));
}

static void notes_take_files(struct notes *n, const struct notes_facts *f)
{
	uint64_t missed = kind_count(f, OUTCOME_CLIENT_FILES);
	char count[UNITS_SIZE], files[UNITS_SIZE];
	if (missed)
		note(n, NOTE_FILES,
		     "no descriptor was free for %s requests: %s may be open at the same time (ulimit -Hn)",
		     units_show_count(missed, count), units_show_count(f->limits->last.files, files));
}

static void notes_take_conntrack(struct notes *n, const struct notes_facts *f)
{
	const struct limits_conntrack *before = &f->limits->first.conntrack, *after = &f->limits->last.conntrack;
	uint64_t dropped = after->drop - before->drop, early = after->early_drop - before->early_drop;
	uint64_t failed = after->insert_failed - before->insert_failed;
	bool was_full = after->max && f->limits->conntrack_peak >= after->max;
	char peak[UNITS_SIZE], most[UNITS_SIZE];
	if (!dropped && !early && !failed && !was_full)
		return;
	note(n, NOTE_CONNTRACK,
	     "the connection tracking of this host did not keep up (up to %s of %s entries; %" PRIu64
	     " packets dropped, %" PRIu64 " entries thrown out, %" PRIu64
	     " not taken in): a packet that is lost there looks like connect/timeout, or like a second more",
	     units_show_count(f->limits->conntrack_peak, peak), units_show_count(after->max, most), dropped, early,
	     failed);
}

/* The counter is everybody's on this host. A handshake of ours that met a full queue took a retransmission at least, or
 * failed. */
static bool notes_show_overflow(const struct notes_facts *f)
{
	static const enum outcome_kind kinds[] = {OUTCOME_CONNECT_TIMEOUT, OUTCOME_CONNECT_RESET, OUTCOME_SEND_RESET,
						  OUTCOME_WAIT_RESET, OUTCOME_WAIT_TIMEOUT};
	bool shows = f->totals->latency.max_ns >= RETRANSMISSION_NS;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		shows |= kind_count(f, kinds[i]) > 0;
	return shows;
}

static void notes_take_listen(struct notes *n, const struct notes_facts *f)
{
	const struct limits *before = &f->limits->first, *after = &f->limits->last;
	uint64_t overflows = after->listen_overflows - before->listen_overflows;
	char count[UNITS_SIZE];
	if (f->is_local && overflows && notes_show_overflow(f))
		note(n, NOTE_LISTEN_OVERFLOW,
		     "%s handshakes found a listener's queue full on this host, where the service is: that looks like "
		     "connect/timeout, or like a second more, and is for a longer backlog to mend",
		     units_show_count(overflows, count));
}

void notes_take(struct notes *n, const struct notes_facts *f)
{
	*n = (struct notes){0};
	notes_take_late(n, f);
	notes_take_cpu(n, f);
	notes_take_ports(n, f);
	notes_take_files(n, f);
	notes_take_conntrack(n, f);
	notes_take_listen(n, f);
}

void notes_finish(struct notes *n)
{
	for (int i = 0; i < n->count; i++)
		free(n->all[i].text);
	n->count = 0;
}

static bool is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static bool is_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!b || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->sa_family == AF_INET6 && IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
							      &((const struct sockaddr_in6 *)b)->sin6_addr);
}

bool notes_is_local(const struct load_target *t)
{
	const struct sockaddr *address = (const struct sockaddr *)&t->address;
	struct ifaddrs *all;
	if (is_loopback(address))
		return true;
	if (getifaddrs(&all) == -1)
		return false;
	bool found = false;
	for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next)
		found = is_same_host(address, a->ifa_addr);
	freeifaddrs(all);
	return found;
}
