// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool line_open;

bool progress_color(int fd)
{
	const char *no_color = getenv("NO_COLOR");
	return isatty(fd) && !(no_color && *no_color);
}

void progress_end(void)
{
	if (line_open)
		fputs("\r\033[K", stderr);
	line_open = false;
}

void progress_line(const char *format, ...)
{
	if (!isatty(STDERR_FILENO))
		return;
	va_list args;
	va_start(args, format);
	fputs("\r\033[K", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	line_open = true;
}

static const char *phase_text(enum conductor_phase phase)
{
	static const char *const texts[] = {
		[CONDUCTOR_STARTING] = "starting the first pods",
		[CONDUCTOR_TRYING] = "waiting until they serve",
		[CONDUCTOR_WARMING] = "load begins",
		[CONDUCTOR_ROLLING] = "rolling update",
		[CONDUCTOR_COOLING] = "old pods are gone; a little longer",
		[CONDUCTOR_DRAINING] = "waiting for the last answers",
		[CONDUCTOR_ENDED] = "done",
	};
	return texts[phase];
}

static void show_step(const struct conductor *c, const char *what, const char *detail)
{
	uint64_t answered, lost;
	conductor_counts(c, &answered, &lost);
	progress_end();
	fprintf(stderr, "%6.1f s  %s%s%s  (%" PRIu64 " answered, %" PRIu64 " lost)\n",
		(double)conductor_elapsed_ns(c) / (double)NS_PER_S, what, *detail ? ": " : "", detail, answered, lost);
}

/* Nobody has told the first pods to stop: what ends with an error will not start. */
static bool is_crash(const struct event *event, enum conductor_phase phase)
{
	return phase < CONDUCTOR_ROLLING && event->kind == EVENT_CONTAINER_EXITED && event->value;
}

static bool is_step(const struct event *event)
{
	return event->kind == EVENT_ROLLOUT_COMPLETE || event->kind == EVENT_ROLLOUT_STALLED ||
	       event->kind == EVENT_LIVENESS_KILL || event->kind == EVENT_HOOK_FAILED ||
	       event->kind == EVENT_CONTAINER_RESTARTED;
}

void progress_show(const struct conductor *c, const struct event *event, void *data)
{
	static enum conductor_phase shown = CONDUCTOR_ENDED;
	enum conductor_phase phase = conductor_phase(c);
	if (phase != shown && phase != CONDUCTOR_ENDED) {
		shown = phase;
		show_step(c, phase_text(phase), "");
	}
	if (event && (is_step(event) || is_crash(event, phase)))
		show_step(c, event_name(event->kind), event->detail);
	if (event)
		return;
	uint64_t answered, lost;
	conductor_counts(c, &answered, &lost);
	progress_line("%6.1f s  %" PRIu64 " answered, %" PRIu64 " lost",
		      (double)conductor_elapsed_ns(c) / (double)NS_PER_S, answered, lost);
}
