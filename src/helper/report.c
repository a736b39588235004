// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TERMINATION_LOG "/dev/termination-log"

__attribute__((format(printf, 3, 4))) static size_t add(char *out, size_t at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(out + at, REPORT_MAX - at, format, args);
	va_end(args);
	return at + (size_t)n < REPORT_MAX ? at + (size_t)n : REPORT_MAX - 1;
}

/* Why it stopped waiting, and what that rests on. */
static size_t add_reason(const struct waiting *w, char *out, size_t at)
{
	char word[UNITS_SIZE];
	const struct evidence *e = w->basis == WAITING_ON_ALL ? &w->all : &w->new_ones;
	switch (w->end) {
	case WAITING_QUIET: {
		int64_t last = evidence_last_ns(e) ? evidence_last_ns(e) : w->began_ns;
		at = add(out, at, " why=quiet basis=\"%s\" rate=%.1f/s last=%s", waiting_basis_name(w->basis), e->per_s,
			 units_write_duration(w->ended_ns - last, word));
		break;
	}
	case WAITING_MAX:
		at = add(out, at, " why=max traffic=\"%s\" rate=%.1f/s",
			 w->uses_new || w->uses_all ? "went on" : "too rare to tell", w->all.per_s);
		break;
	case WAITING_TOLD:
		at = add(out, at, " why=told");
		break;
	case WAITING_ON:
		break;
	}
	if (w->refused)
		at = add(out, at, " refused=\"%s\"", strerror(w->refused));
	return at;
}

void report_write(const struct report *r, char out[REPORT_MAX])
{
	const struct waiting *w = r->waiting;
	char word[UNITS_SIZE];
	size_t at = add(out, 0, "lameduck: waited=%s", units_write_duration(w->ended_ns - w->began_ns, word));
	at = add_reason(w, out, at);
	if (w->has_connections)
		at = add(out, at, " in-flight=%" PRIu64 " open=%" PRIu64, w->connections.sight.in_flight,
			 w->connections.sight.open);
	if (r->has_app)
		at = add(out, at, " app-status=%d app-took=%s killed=%s cut=%" PRIu64, r->status,
			 units_write_duration(r->app_ns, word), r->was_killed ? "yes" : "no", r->cut);
	(void)add(out, at, "\n");
}

/* Truncates nothing that is not a termination message: without --log only the file that is there already. */
static void write_file(const struct settings *s, const char *line)
{
	const char *path = s->log ? s->log : TERMINATION_LOG;
	auto_close int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | (s->log ? O_CREAT : 0), 0644);
	if (fd == -1 && !s->log)
		return;
	if (fd == -1 || write(fd, line, strlen(line)) == -1)
		fprintf(stderr, "lameduck: cannot write %s: %s, continuing\n", path, strerror(errno));
}

static void send_statsd(const struct report *r, const struct settings *s)
{
	const struct waiting *w = r->waiting;
	char text[REPORT_MAX];
	if (!s->statsd_length)
		return;
	size_t at =
		add(text, 0, "lameduck.waited:%" PRId64 "|ms\nlameduck.end.%s:1|c\nlameduck.in_flight:%" PRIu64 "|g",
		    (w->ended_ns - w->began_ns) / NS_PER_MS, waiting_end_name(w->end), w->connections.sight.in_flight);
	if (r->has_app)
		at = add(text, at, "\nlameduck.app_took:%" PRId64 "|ms\nlameduck.cut:%" PRIu64 "|c",
			 r->app_ns / NS_PER_MS, r->cut);
	auto_close int fd = socket(s->statsd.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || sendto(fd, text, at, MSG_DONTWAIT, (const struct sockaddr *)&s->statsd, s->statsd_length) == -1)
		fprintf(stderr, "lameduck: cannot send to statsd: %s, continuing\n", strerror(errno));
}

void report_send(const struct report *r, const struct settings *s)
{
	char line[REPORT_MAX];
	report_write(r, line);
	fputs(line, stderr);
	write_file(s, line);
	send_statsd(r, s);
}
