// SPDX-License-Identifier: Apache-2.0
/* prestop.c - `lameduck prestop`: comes when termination has begun, so the rate is the pod's over its age. */
#include "verbs.h"

#include "base/clock.h"
#include "counters.h"
#include "report.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t is_told;

static void on_signal(int number)
{
	is_told = 1;
}

static void sleep_until(int64_t at_ns)
{
	int64_t left = at_ns - clock_ns();
	struct timespec pause = {left / NS_PER_S, left % NS_PER_S};
	if (left > 0)
		(void)ppoll(NULL, 0, &pause, NULL);
}

static void wait_for_quiet(struct waiting *w)
{
	int64_t age = counters_age_ns();
	int64_t next = clock_ns();
	if (age > 0)
		waiting_learn_from_age(w, age, next);
	waiting_begin(w, next);
	while ((next = waiting_step(w, clock_ns())) != WAITING_NEVER) {
		sleep_until(next);
		if (is_told)
			waiting_tell(w, clock_ns());
	}
}

int verb_prestop(int argc, char **argv)
{
	struct err err = {0};
	const struct settings *settings;
	char **arguments = NULL;
	int rc = settings_parse(SETTINGS_PRESTOP, argc, argv, &settings, &arguments, &err);
	if (rc == 0 && arguments[0])
		rc = err_input(&err, "'%s' is one word too many (see --help)", arguments[0]);
	free(arguments);
	if (rc < 0)
		fprintf(stderr, "lameduck prestop: %s\n", err.text);
	if (rc != 0)
		return rc < 0 ? err_status(&err) : STATUS_OK;
	struct sigaction act = {.sa_handler = on_signal};
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
	struct waiting_config config = settings_waiting(settings);
	struct waiting w;
	waiting_init(&w, &config);
	wait_for_quiet(&w);
	struct report r = {.waiting = &w};
	report_send(&r, settings);
	waiting_finish(&w);
	return STATUS_OK;
}
