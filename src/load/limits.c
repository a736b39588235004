// SPDX-License-Identifier: Apache-2.0
#include "limits.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#define FILE_MAX (256 * 1024)

/* A line of words: the next one, "" at the end of the line. */
static const char *word_next(const char **line, size_t *ret_length)
{
	const char *word = *line + strspn(*line, " \t");
	*ret_length = strcspn(word, " \t\n");
	*line = word + *ret_length;
	return word;
}

static const char *line_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

/* Which word of the line it is, from 0; -1 when it is not there. */
static int word_place(const char *line, const char *wanted)
{
	size_t length;
	for (int i = 0;; i++) {
		const char *word = word_next(&line, &length);
		if (length == 0)
			return -1;
		if (length == strlen(wanted) && !memcmp(word, wanted, length))
			return i;
	}
}

static bool word_number(const char *line, int place, int base, uint64_t *ret_number)
{
	const char *word = "";
	size_t length = 0;
	for (int i = 0; i <= place; i++)
		word = word_next(&line, &length);
	char *end;
	uint64_t number = strtoull(word, &end, base);
	/* Of a negative number strtoull makes something. */
	if (length == 0 || end != word + length || *word == '-')
		return false;
	*ret_number = number;
	return true;
}

bool limits_parse_netstat(const char *text, struct limits *l)
{
	static const char tag[] = "TcpExt:";
	for (const char *names = text; names; names = line_next(names)) {
		const char *values = line_next(names);
		if (strncmp(names, tag, sizeof tag - 1) || !values || strncmp(values, tag, sizeof tag - 1))
			continue;
		int overflows = word_place(names, "ListenOverflows"), drops = word_place(names, "ListenDrops");
		uint64_t overflowed, dropped;
		if (overflows == -1 || drops == -1 || !word_number(values, overflows, 10, &overflowed) ||
		    !word_number(values, drops, 10, &dropped))
			return false;
		l->listen_overflows = overflowed;
		l->listen_drops = dropped;
		return true;
	}
	return false;
}

bool limits_parse_conntrack(const char *text, struct limits_conntrack *c)
{
	int drop = word_place(text, "drop"), early = word_place(text, "early_drop");
	int failed = word_place(text, "insert_failed");
	struct limits_conntrack sum = {0};
	int lines = 0;
	if (drop == -1 || early == -1 || failed == -1)
		return false;
	for (const char *line = line_next(text); line && *line; line = line_next(line), lines++) {
		uint64_t dropped, earlier, not_in;
		if (!word_number(line, drop, 16, &dropped) || !word_number(line, early, 16, &earlier) ||
		    !word_number(line, failed, 16, &not_in))
			return false;
		sum.drop += dropped;
		sum.early_drop += earlier;
		sum.insert_failed += not_in;
	}
	if (lines == 0)
		return false;
	c->drop = sum.drop;
	c->early_drop = sum.early_drop;
	c->insert_failed = sum.insert_failed;
	return true;
}

bool limits_parse_ports(const char *text, struct limits *l)
{
	uint64_t low, high;
	if (!word_number(text, 0, 10, &low) || !word_number(text, 1, 10, &high) || low > high || high > UINT16_MAX)
		return false;
	l->port_low = low;
	l->port_high = high;
	return true;
}

static bool limits_read_file(const char *path, struct text *t)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	text_reset(t);
	return fd != -1 && text_read_fd(t, fd) == 0;
}

static uint64_t limits_read_number(const char *path, struct text *t)
{
	uint64_t number = 0;
	if (limits_read_file(path, t))
		(void)word_number(text_str(t), 0, 10, &number);
	return number;
}

static int64_t of_timeval(struct timeval t)
{
	return t.tv_sec * NS_PER_S + t.tv_usec * NS_PER_US;
}

static void limits_read_cpu(struct limits *l)
{
	struct rusage usage;
	l->wall_ns = clock_ns();
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		l->cpu_ns = of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
}

void limits_read(struct limits *l)
{
	auto_text t = TEXT_INIT(FILE_MAX);
	struct rlimit files;
	*l = (struct limits){0};
	limits_read_cpu(l);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		l->files = files.rlim_cur;
	if (limits_read_file("/proc/sys/net/ipv4/ip_local_port_range", &t))
		(void)limits_parse_ports(text_str(&t), l);
	if (limits_read_file("/proc/net/netstat", &t))
		(void)limits_parse_netstat(text_str(&t), l);
	if (limits_read_file("/proc/net/stat/nf_conntrack", &t))
		(void)limits_parse_conntrack(text_str(&t), &l->conntrack);
	l->conntrack.count = limits_read_number("/proc/sys/net/netfilter/nf_conntrack_count", &t);
	l->conntrack.max = limits_read_number("/proc/sys/net/netfilter/nf_conntrack_max", &t);
}

void limits_watch_start(struct limits_watch *w, int threads)
{
	*w = (struct limits_watch){.threads = threads};
	limits_read(&w->first);
	w->last = w->first;
	w->conntrack_peak = w->first.conntrack.count;
}

/* Since the last look. */
static void limits_watch_cpu(struct limits_watch *w, const struct limits *before)
{
	int64_t wall = w->last.wall_ns - before->wall_ns, cpu = w->last.cpu_ns - before->cpu_ns;
	w->watched_ns += wall;
	if ((double)cpu >= LIMITS_BUSY * (double)wall * w->threads) {
		w->busy_ns += wall;
		w->busy_cpu_ns += cpu;
	}
}

void limits_watch_look(struct limits_watch *w)
{
	auto_text t = TEXT_INIT(FILE_MAX);
	struct limits before = w->last;
	limits_read_cpu(&w->last);
	limits_watch_cpu(w, &before);
	if (!w->first.conntrack.max)
		return;
	uint64_t count = limits_read_number("/proc/sys/net/netfilter/nf_conntrack_count", &t);
	if (count > w->conntrack_peak)
		w->conntrack_peak = count;
}

void limits_watch_end(struct limits_watch *w)
{
	struct limits before = w->last;
	limits_read(&w->last);
	limits_watch_cpu(w, &before);
	if (w->last.conntrack.count > w->conntrack_peak)
		w->conntrack_peak = w->last.conntrack.count;
}
