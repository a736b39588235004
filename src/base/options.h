/* options.h - the command line of a verb: a table of options that write the fields of one plain struct.
 *
 * The table is the manual too: `--help` prints it with the defaults, taken from the fields as they are before parsing.
 * Long options take `--name value`, `--name=value`; switches take `--name` and `--no-name`; one-letter names may be
 * joined to their value. Options and arguments mix freely; `--` ends the options.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

enum option_kind {
	OPTION_END = 0,
	OPTION_COMMAND,  /* no option: the first argument ends the options, the rest is another program's */
	OPTION_HEADING,  /* `help` is the heading */
	OPTION_SWITCH,   /* bool *        */
	OPTION_TEXT,     /* char **: a copy; the old one is freed */
	OPTION_TEXTS,    /* char ***: NULL-ended array, one more each time (words.h) */
	OPTION_NUMBER,   /* int64_t *: units_number */
	OPTION_DURATION, /* int64_t *: units_duration, ns */
	OPTION_CALL,     /* `call` takes it; `field` is passed on */
};

struct option_spec {
	enum option_kind kind;
	char letter;       /* or 0 */
	const char *name;  /* without the dashes */
	const char *value; /* what the value is called in the help: "RATE" */
	const char *help;
	void *field;
	int64_t low, high; /* numbers and durations: allowed range; both 0 = any that is not below 0 */
	int (*call)(const char *value, void *field, struct err *err);
	const char *standard; /* default shown for OPTION_CALL */
};

/* A word of another tool that hands type here, and what to type instead: it is refused with that. */
struct option_hint {
	const char *word; /* with its dashes: "-z", "--latency", "-disable-keepalive" */
	const char *instead;
};

struct options {
	const char *usage;   /* "zerodrop load [options] URL…" */
	const char *summary; /* one sentence */
	const struct option_spec *specs;
	const char *examples;            /* lines, or NULL */
	const struct option_hint *hints; /* ended by an empty one, or NULL */
};

/* 0: go on; `ret_arguments` is a NULL-ended array inside argv's own order (free the array only).
 * 1: help was printed to stdout, stop with STATUS_OK.  <0: `err` says what is wrong, ending in the way to --help. */
int options_parse(const struct options *o, int argc, char **argv, char ***ret_arguments, struct err *err)
	__attribute__((warn_unused_result));

#endif
