/* progress.h - how a run goes, on standard error: a line that is rewritten on a terminal, else one line per step. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "run/conductor.h"

#include <stdbool.h>

/* conductor_config.progress */
void progress_show(const struct conductor *c, const struct event *event, void *data);
/* The line that is rewritten; nothing when it is no terminal. */
void progress_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void); /* takes the line away */

bool progress_color(int fd); /* a terminal, and NO_COLOR is not set */

#endif
