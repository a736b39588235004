// SPDX-License-Identifier: Apache-2.0
#include "signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int number;
} names[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"ILL", SIGILL},   {"TRAP", SIGTRAP},
	{"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},     {"KILL", SIGKILL}, {"USR1", SIGUSR1},
	{"SEGV", SIGSEGV},     {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},   {"ALRM", SIGALRM}, {"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},     {"PWR", SIGPWR},
	{"SYS", SIGSYS},
};

static int signals_number(const char *digits)
{
	char *end;
	long n = strtol(digits, &end, 10);
	return *digits >= '0' && *digits <= '9' && !*end && n > 0 && n < SIGNALS_MAX ? (int)n : -1;
}

/* "RTMIN+3", "RTMAX-1", or a bare end of that range. */
static int signals_real_time(const char *word)
{
	bool is_min = !strncasecmp(word, "RTMIN", 5);
	if (!is_min && strncasecmp(word, "RTMAX", 5))
		return -1;
	const char *rest = word + 5;
	if (!*rest)
		return is_min ? SIGRTMIN : SIGRTMAX;
	int offset = *rest == (is_min ? '+' : '-') ? (rest[1] == '0' && !rest[2] ? 0 : signals_number(rest + 1)) : -1;
	if (offset < 0 || offset > SIGRTMAX - SIGRTMIN)
		return -1;
	return is_min ? SIGRTMIN + offset : SIGRTMAX - offset;
}

static int signals_find(const char *word)
{
	const char *name = strncasecmp(word, "SIG", 3) ? word : word + 3;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(name, names[i].name))
			return names[i].number;
	int number = signals_number(word);
	return number > 0 ? number : signals_real_time(name);
}

int signals_parse(const char *word, int *ret_number, struct err *err)
{
	int number = signals_find(word);
	if (number < 0)
		return err_input(err, "'%s' is not a signal: expected a name such as TERM or QUIT, or a number", word);
	*ret_number = number;
	return 0;
}

const char *signals_name(int number)
{
	static char digits[16];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			return names[i].name;
	snprintf(digits, sizeof digits, "%d", number);
	return digits;
}

int signals_map_parse(struct signals_map *m, const char *word, struct err *err)
{
	const char *colon = strchr(word, ':');
	char from_word[32] = "TERM";
	int from, to;
	if (colon)
		snprintf(from_word, sizeof from_word, "%.*s", (int)(colon - word), word);
	const char *to_word = colon ? colon + 1 : word;
	int rc = signals_parse(from_word, &from, err);
	if (rc < 0)
		return rc;
	if (colon && !strcmp(to_word, "0")) {
		m->swallowed[from] = 1;
		return 0;
	}
	rc = signals_parse(to_word, &to, err);
	if (rc < 0)
		return rc;
	m->to[from] = (unsigned char)to;
	m->swallowed[from] = 0;
	return 0;
}

int signals_map_of(const struct signals_map *m, int number)
{
	if (number <= 0 || number >= SIGNALS_MAX)
		return number;
	return m->swallowed[number] ? 0 : m->to[number] ? m->to[number] : number;
}
