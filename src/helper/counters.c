// SPDX-License-Identifier: Apache-2.0
#include "counters.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MAX 4096
#define START_FIELD 22

/* Whole or not at all: /proc hands these files out in one read. */
static int read_file(const char *path, char text[FILE_MAX])
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	ssize_t n = read(fd, text, FILE_MAX - 1);
	if (n == -1)
		return -errno;
	text[n] = '\0';
	return 0;
}

static const char *line_after(const char *line)
{
	const char *end = strchr(line, '\n');
	return end ? end + 1 : NULL;
}

/* Which column of the line of names it is, -1 when it has none of that name. */
static int column_of(const char *line, const char *name)
{
	size_t length = strlen(name);
	for (int column = 0; *line && *line != '\n'; column++) {
		size_t word = strcspn(line, " \n");
		if (word == length && !memcmp(line, name, length))
			return column;
		line += word;
		line += strspn(line, " ");
	}
	return -1;
}

static int64_t value_of(const char *line, int column)
{
	for (int i = 0; i < column; i++) {
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	if (*line < '0' || *line > '9')
		return -EPROTO;
	errno = 0;
	long long n = strtoll(line, NULL, 10);
	return errno ? -EPROTO : n;
}

int64_t counters_parse_handshakes(const char *text)
{
	for (const char *line = text; line; line = line_after(line)) {
		if (strncmp(line, "Tcp: ", 5))
			continue;
		const char *values = line_after(line);
		int column = column_of(line, "PassiveOpens");
		if (column < 0 || !values || strncmp(values, "Tcp: ", 5))
			return -EPROTO;
		return value_of(values, column);
	}
	return -EPROTO;
}

int64_t counters_read_handshakes(void)
{
	char text[FILE_MAX];
	int rc = read_file("/proc/net/snmp", text);
	return rc < 0 ? rc : counters_parse_handshakes(text);
}

int64_t counters_parse_start(const char *stat)
{
	const char *p = strrchr(stat, ')');
	if (!p)
		return -EPROTO;
	p++;
	for (int field = 2; field < START_FIELD - 1; field++) {
		p += strspn(p, " ");
		p += strcspn(p, " \n");
	}
	p += strspn(p, " ");
	return value_of(p, 0);
}

int64_t counters_age_ns(void)
{
	char text[FILE_MAX];
	struct timespec since_boot;
	int rc = read_file("/proc/1/stat", text);
	if (rc < 0)
		return rc;
	int64_t ticks = counters_parse_start(text), per_s = sysconf(_SC_CLK_TCK);
	if (ticks < 0 || per_s <= 0 || ticks > INT64_MAX / NS_PER_S)
		return -EPROTO;
	if (clock_gettime(CLOCK_BOOTTIME, &since_boot) == -1)
		return -errno;
	int64_t age = since_boot.tv_sec * NS_PER_S + since_boot.tv_nsec - ticks * NS_PER_S / per_s;
	return age > 0 ? age : 0;
}
