// SPDX-License-Identifier: Apache-2.0
/* run.c - `lameduck run`: the container's first process.
 *
 *   serving ──TERM──▶ lame duck ──traffic has stopped, max, or TERM again──▶ stopping ──the app has ended──▶ exit
 *                                                                               └── end of grace: KILL ──────▲
 *
 * One thread, one poll: signals come by signalfd, so nothing happens in a handler. The app's exit status is ours.
 */
#include "verbs.h"

#include "base/clock.h"
#include "child.h"
#include "control.h"
#include "probe.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum run_state { RUN_SERVING = 0, RUN_LAME_DUCK, RUN_STOPPING };

struct run {
	const struct settings *settings;
	enum run_state state;
	struct child child;
	struct waiting waiting;
	struct probe probe;
	int signals, control;
	int trigger;      /* the signal that began the end */
	int64_t learn_ns; /* when to look at the traffic next */
	int64_t term_ns, stop_ns;
	bool was_killed;
	uint64_t cut;
};

static struct control_state run_control_state(const struct run *r)
{
	static const struct control_state states[] = {{.name = "serving"}, {.name = "lame-duck"}, {.name = "stopping"}};
	struct control_state state = states[r->state];
	state.probe_port = (uint16_t)r->settings->probe_port;
	return state;
}

static void run_send(struct run *r, int number)
{
	int to = signals_map_of(&r->settings->map, number);
	if (to)
		child_signal(&r->child, to);
}

static void run_stop(struct run *r, int64_t now_ns)
{
	r->state = RUN_STOPPING;
	r->stop_ns = now_ns;
	run_send(r, r->trigger);
	/* Stopped by STOP or TSTP, it could not act on it. */
	if (r->child.is_stopped)
		child_signal(&r->child, SIGCONT);
}

static void run_begin_end(struct run *r, int number, int64_t now_ns)
{
	r->state = RUN_LAME_DUCK;
	r->trigger = number;
	r->term_ns = now_ns;
	r->probe.is_ending = true;
	waiting_begin(&r->waiting, now_ns);
}

static void run_take_signal(struct run *r, int number, int64_t now_ns)
{
	if (number == SIGCHLD)
		return;
	if (!r->settings->triggers[number] || r->state == RUN_STOPPING) {
		run_send(r, number);
	} else if (r->state == RUN_SERVING) {
		run_begin_end(r, number, now_ns);
	} else {
		waiting_tell(&r->waiting, now_ns);
	}
}

static void run_take_signals(struct run *r, int64_t now_ns)
{
	struct signalfd_siginfo info;
	while (read(r->signals, &info, sizeof info) == sizeof info)
		run_take_signal(r, (int)info.ssi_signo, now_ns);
	child_reap(&r->child);
}

static void run_kill(struct run *r)
{
	if (r->waiting.has_connections && connections_look(&r->waiting.connections, clock_ns()) == 0)
		r->cut = r->waiting.connections.sight.in_flight;
	r->was_killed = true;
	/* Whatever it left behind in its group, too. */
	(void)kill(-r->child.pid, SIGKILL);
	child_signal(&r->child, SIGKILL);
}

/* What is due by the clock; when there is something next. */
static int64_t run_advance(struct run *r, int64_t now_ns)
{
	int64_t next = INT64_MAX;
	if (r->state == RUN_SERVING) {
		if (now_ns >= r->learn_ns)
			r->learn_ns = waiting_learn(&r->waiting, now_ns);
		return r->learn_ns;
	}
	int64_t deadline = r->term_ns + settings_deadline_ns(r->settings);
	if (r->state == RUN_LAME_DUCK) {
		next = waiting_step(&r->waiting, now_ns);
		if (r->waiting.end != WAITING_ON)
			run_stop(r, now_ns);
	}
	if (now_ns >= deadline && !r->was_killed)
		run_kill(r);
	return r->was_killed || next < deadline ? next : deadline;
}

static void run_wait(struct run *r, int64_t until_ns)
{
	struct pollfd fds[2 + 1 + PROBE_MAX] = {
		{.fd = r->signals, .events = POLLIN},
		{.fd = r->control, .events = POLLIN},
	};
	int count = 2 + probe_poll(&r->probe, fds + 2);
	if (probe_next_ns(&r->probe) < until_ns)
		until_ns = probe_next_ns(&r->probe);
	int64_t left = until_ns - clock_ns();
	struct timespec pause = {left / NS_PER_S, left % NS_PER_S};
	if (left < 0)
		pause = (struct timespec){0};
	(void)ppoll(fds, (nfds_t)count, until_ns == INT64_MAX ? NULL : &pause, NULL);
}

static void run_loop(struct run *r)
{
	while (!r->child.has_ended) {
		int64_t next = run_advance(r, clock_ns());
		run_wait(r, next);
		int64_t now = clock_ns();
		probe_serve(&r->probe, now);
		struct control_state state = run_control_state(r);
		control_serve(r->control, &state);
		run_take_signals(r, now);
	}
}

static void on_probe_accepted(void *data)
{
	struct run *r = data;
	waiting_own_handshake(&r->waiting);
}

/* All but those that mean a fault of our own. */
static int run_watch_signals(struct run *r, sigset_t *ret_before, struct err *err)
{
	static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t all;
	sigfillset(&all);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigdelset(&all, faults[i]);
	(void)sigprocmask(SIG_SETMASK, &all, ret_before);
	r->signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	return r->signals == -1 ? err_system(err, errno, "cannot watch for signals") : 0;
}

static int run_start(struct run *r, char *const *command, struct err *err)
{
	sigset_t before;
	/* Orphans come to process 1; to us too when we are not. */
	if (getpid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	int rc = run_watch_signals(r, &before, err);
	if (rc < 0)
		return rc;
	rc = probe_open(&r->probe, (uint16_t)r->settings->probe_port, err);
	if (rc < 0)
		return rc;
	r->control = control_open();
	rc = child_start(&r->child, command, &before);
	return rc < 0 ? err_system(err, -rc, "cannot start %s", command[0]) : 0;
}

static void run_report(struct run *r)
{
	if (r->state == RUN_SERVING)
		return;
	int64_t now = clock_ns();
	waiting_tell(&r->waiting, now);
	struct report report = {
		.waiting = &r->waiting,
		.has_app = true,
		.status = r->child.status,
		.app_ns = r->stop_ns ? now - r->stop_ns : 0,
		.was_killed = r->was_killed,
		.cut = r->cut,
	};
	report_send(&report, r->settings);
}

static int run_command(struct run *r, char *const *command, struct err *err)
{
	struct waiting_config config = settings_waiting(r->settings);
	r->signals = r->control = -1;
	r->child.to_group = r->settings->to_group;
	r->probe = (struct probe){
		.listener = -1,
		.diag_fd = -1,
		.ready_file = r->settings->ready_file,
		.ready_port = (uint16_t)r->settings->ready_port,
		.accepted = on_probe_accepted,
		.data = r,
	};
	waiting_init(&r->waiting, &config);
	int rc = run_start(r, command, err);
	if (rc == 0) {
		run_loop(r);
		run_report(r);
	}
	probe_close(&r->probe);
	waiting_finish(&r->waiting);
	return rc;
}

int verb_run(int argc, char **argv)
{
	static struct run r;
	struct err err = {0};
	char **command = NULL;
	int rc = settings_parse(SETTINGS_RUN, argc, argv, &r.settings, &command, &err);
	if (rc > 0)
		return STATUS_OK;
	if (rc == 0 && !command[0])
		rc = err_input(&err, "which app? lameduck run [options] -- APP [ARGUMENT...] (see --help)");
	if (rc == 0)
		rc = run_command(&r, command, &err);
	free(command);
	if (rc < 0) {
		fprintf(stderr, "lameduck run: %s\n", err.text);
		return err_status(&err);
	}
	return r.child.status;
}
