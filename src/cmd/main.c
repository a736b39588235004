// SPDX-License-Identifier: Apache-2.0
/* main.c - finds the verb and runs it. */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static const struct verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"rehearse", "roll a Deployment over on this machine, under load, and say what was lost and why", cmd_rehearse},
	{"load", "send requests on a schedule and name what became of each", cmd_load},
	{"serve", "a server that comes and goes as it should, or as many do", cmd_serve},
	{"report", "render a recorded run", cmd_report},
	{NULL, NULL, NULL},
};

enum status cmd_fail(const char *verb, const struct err *err)
{
	/* One line, whatever the words in it were. */
	char line[ERR_TEXT_MAX];
	snprintf(line, sizeof line, "%s", err->text);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "zerodrop %s: %s\n", verb, line);
	return err_status(err);
}

static void help(FILE *out)
{
	fputs("Usage: zerodrop VERB [options]\n\n"
	      "Rehearses a rolling update, counts every lost request, names why each was lost, and says what stops "
	      "it.\n\n"
	      "Verbs:\n",
	      out);
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "  %-12s%s\n", v->name, v->summary);
	fputs("\n`zerodrop VERB --help` says more. Exit status, the same in every verb: 0 nothing lost, 1 requests "
	      "lost or\n"
	      "findings, 2 bad usage or bad input, 3 the system or the cluster refused, 4 inconclusive.\n",
	      out);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		help(stdout);
		return STATUS_OK;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "version")) {
		puts("zerodrop " VERSION);
		return STATUS_OK;
	}
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(word, v->name))
			return v->run(argc - 1, argv + 1);
	fprintf(stderr, "zerodrop: no verb '%s' (see zerodrop --help)\n", word);
	return STATUS_USAGE;
}
