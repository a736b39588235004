// SPDX-License-Identifier: Apache-2.0
/* ending.c - a container's end: preStop ─▶ TERM ─▶ KILL, all inside the grace period (grace.h).
 *
 * Readiness probes go on to the last moment; liveness and startup probes stop.
 */
#include "state.h"

#include "base/clock.h"
#include "grace.h"

#include <signal.h>
#include <stdio.h>

static int64_t ending_for(const struct container_state *c)
{
	return clock_ns() - c->ending_ns;
}

static void send_kill(void *data)
{
	struct container_state *c = data;
	if (!c->process)
		return;
	c->kill_sent = true;
	lab_emit(c->pod->lab, EVENT_KILL_SENT, c->pod, EVENT_NONE, ending_for(c), "%s", c->spec->name);
	process_signal(c->process, SIGKILL);
}

static void send_term(struct container_state *c)
{
	if (c->term_sent || !c->process)
		return;
	c->term_sent = true;
	lab_emit(c->pod->lab, EVENT_TERM_SENT, c->pod, EVENT_NONE, 0, "%s", c->spec->name);
	process_signal(c->process, SIGTERM);
	int64_t now = ending_for(c);
	later_start(&c->kill, grace_kill(c->grace_ns, now) - now);
}

static void hook_ended(struct container_state *c, const char *why)
{
	later_stop(&c->hook_limit);
	int64_t took = clock_ns() - c->hook_started_ns;
	if (why && *why)
		lab_emit(c->pod->lab, EVENT_HOOK_FAILED, c->pod, EVENT_NONE, took, "%s: %s", c->spec->name, why);
	else
		lab_emit(c->pod->lab, EVENT_HOOK_ENDED, c->pod, EVENT_NONE, took, "%s", c->spec->name);
	send_term(c);
}

static void hook_exited(struct process *process, int status, void *data)
{
	struct container_state *c = data;
	c->hook = NULL;
	if (c->term_sent) /* no longer waited for: it ended with its container */
		return;
	char why[220] = "";
	if (status)
		snprintf(why, sizeof why, "exit status %d: %s", status, process_last_line(process));
	hook_ended(c, why);
}

/* Only an exchange that fails counts: a kubelet does not look at the status. */
static void hook_checked(int status, const char *why, void *data)
{
	struct container_state *c = data;
	c->hook_check = NULL;
	hook_ended(c, why);
}

static void hook_slept(void *data)
{
	hook_ended(data, NULL);
}

/* The grace period is over and the hook is not: it is no longer waited for, and goes on until the container ends. */
static void hook_over(void *data)
{
	struct container_state *c = data;
	later_stop(&c->hook_sleep);
	check_cancel(c->hook_check);
	c->hook_check = NULL;
	lab_emit(c->pod->lab, EVENT_NOTE, c->pod, EVENT_NONE, 0,
		 "preStop of %s not completed in the grace period of %lld s", c->spec->name,
		 (long long)(c->grace_ns / NS_PER_S));
	send_term(c);
}

static void hook_start(struct container_state *c)
{
	const struct handler *h = &c->spec->pre_stop;
	struct pod *pod = c->pod;
	struct err err = {0};
	c->hook_started_ns = clock_ns();
	lab_emit(c->pod->lab, EVENT_HOOK_STARTED, pod, EVENT_NONE, 0, "%s", c->spec->name);
	int64_t now = ending_for(c);
	later_start(&c->hook_limit, grace_term(c->grace_ns, INT64_MAX) - now);
	if (h->kind == HANDLER_SLEEP) {
		later_start(&c->hook_sleep, h->sleep_s * NS_PER_S);
	} else if (h->kind == HANDLER_EXEC) {
		c->hook = container_execute(c, h->command, hook_exited, c, &err);
		if (!c->hook)
			hook_ended(c, err.text);
	} else {
		struct check_spec to = {
			.netns = c->pod->lab->wire.nodes[pod->info.node - 1].netns,
			.address = pod->address,
			.port = (uint16_t)pod_port(&pod->deployment->pod, &h->port),
			.http = h->kind == HANDLER_HTTP,
			.path = h->path,
			.headers = h->headers,
			.user_agent = "kube-lifecycle/1.34",
		};
		c->hook_check = check_start(c->pod->lab->loop, &to, hook_checked, c);
	}
}

void container_end(struct container_state *c, int64_t grace_ns)
{
	later_stop(&c->restart);
	if (!c->process || c->ending)
		return;
	c->ending = true;
	c->ending_ns = clock_ns();
	c->grace_ns = grace_ns;
	prober_stop(&c->startup);
	prober_stop(&c->liveness);
	if (c->spec->pre_stop.kind != HANDLER_NONE && grace_ns > 0)
		hook_start(c);
	else
		send_term(c);
}

void ending_stop(struct container_state *c)
{
	later_stop(&c->hook_limit);
	later_stop(&c->hook_sleep);
	later_stop(&c->kill);
	process_destroy(c->hook);
	c->hook = NULL;
	check_cancel(c->hook_check);
	c->hook_check = NULL;
}

void ending_init(struct container_state *c)
{
	uv_loop_t *loop = c->pod->lab->loop;
	later_init(&c->hook_limit, loop, hook_over, c);
	later_init(&c->hook_sleep, loop, hook_slept, c);
	later_init(&c->kill, loop, send_kill, c);
}

void ending_close(struct container_state *c)
{
	later_close(&c->hook_limit);
	later_close(&c->hook_sleep);
	later_close(&c->kill);
}
