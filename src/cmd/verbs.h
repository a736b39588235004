/* verbs.h - what `zerodrop` can be told to do: one file each in this room.
 * A verb gets its own argv (argv[0] is the verb) and returns the program's exit status. */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "base/err.h"

/* One line to stderr, "zerodrop VERB: why", and the status that goes with it. */
enum status cmd_fail(const char *verb, const struct err *err);

int cmd_load(int argc, char **argv);
int cmd_rehearse(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif
