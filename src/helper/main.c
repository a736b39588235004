// SPDX-License-Identifier: Apache-2.0
/* main.c - `lameduck`: finds the verb and runs it. */
#include "verbs.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct verb {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"run", "run an app as a container's first process, and let it stop only when traffic has", verb_run},
	{"prestop", "the same waiting as a preStop hook", verb_prestop},
	{"status", "what is to be seen of the traffic now", verb_status},
	{"copy", "put this program where an app's container finds it", verb_copy},
};

static void help(void)
{
	puts("Usage: lameduck VERB [options]\n\n"
	     "Waits until traffic has really stopped before a server is told to stop: no sleep that is too short on a "
	     "bad\n"
	     "day.\n\n"
	     "Verbs:");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		printf("  %-10s%s\n", verbs[i].name, verbs[i].summary);
	puts("\n`lameduck VERB --help` says more.");
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		help();
		return STATUS_OK;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "version")) {
		puts("lameduck " VERSION);
		return STATUS_OK;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (!strcmp(word, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "lameduck: no verb '%s' (see lameduck --help)\n", word);
	return STATUS_USAGE;
}
