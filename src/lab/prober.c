// SPDX-License-Identifier: Apache-2.0
#include "prober.h"

#include "base/clock.h"

#include <stdio.h>
#include <signal.h>

static void prober_attempt(void *data);
static void prober_limit(void *data);

void prober_init(struct prober *p, uv_loop_t *loop, const struct probe *spec, bool verdict)
{
	p->spec = spec;
	threshold_init(&p->threshold, spec->success_threshold, spec->failure_threshold, verdict);
	later_init(&p->tick, loop, prober_attempt, p);
	later_init(&p->limit, loop, prober_limit, p);
}

bool prober_exists(const struct prober *p)
{
	return p->spec->handler.kind != HANDLER_NONE;
}

void prober_start(struct prober *p, bool verdict, int64_t container_started_ns)
{
	if (!prober_exists(p))
		return;
	threshold_init(&p->threshold, p->spec->success_threshold, p->spec->failure_threshold, verdict);
	p->started_ns = container_started_ns;
	int64_t due = container_started_ns + p->spec->initial_delay_s * NS_PER_S;
	later_start(&p->tick, due - clock_ns());
}

static void prober_cancel(struct prober *p)
{
	check_cancel(p->check);
	p->check = NULL;
	process_destroy(p->command);
	p->command = NULL;
	later_stop(&p->limit);
}

void prober_stop(struct prober *p)
{
	later_stop(&p->tick);
	prober_cancel(p);
}

static void prober_result(struct prober *p, bool good)
{
	bool tell = threshold_add(&p->threshold, good);
	if (!good)
		p->failed(p, p->data);
	if (tell)
		p->changed(p, p->threshold.verdict, p->data);
}

static void prober_checked(int status, const char *why, void *data)
{
	struct prober *p = data;
	p->check = NULL;
	bool good = !*why && (p->spec->handler.kind != HANDLER_HTTP || (status >= 200 && status < 400));
	if (*why)
		snprintf(p->why, sizeof p->why, "%s", why);
	else if (!good)
		snprintf(p->why, sizeof p->why, "HTTP %d", status);
	prober_result(p, good);
}

static void prober_exited(struct process *process, int status, void *data)
{
	struct prober *p = data;
	p->command = NULL;
	later_stop(&p->limit);
	if (status)
		snprintf(p->why, sizeof p->why, "exit status %d: %s", status, process_last_line(process));
	prober_result(p, status == 0);
}

static void prober_limit(void *data)
{
	struct prober *p = data;
	process_destroy(p->command);
	p->command = NULL;
	snprintf(p->why, sizeof p->why, "timeout");
	prober_result(p, false);
}

/* Attempts do not overlap: their timeout may be longer than the period. */
static void prober_attempt(void *data)
{
	struct prober *p = data;
	later_start(&p->tick, p->spec->period_s * NS_PER_S);
	if (p->check || p->command)
		return;
	int64_t timeout_ns = p->spec->timeout_s * NS_PER_S;
	if (p->spec->handler.kind != HANDLER_EXEC) {
		p->to.timeout_ns = timeout_ns;
		p->check = check_start(p->tick.timer.loop, &p->to, prober_checked, p);
		return;
	}
	p->command = p->execute(p, prober_exited, p);
	if (p->command) {
		later_start(&p->limit, timeout_ns);
	} else {
		snprintf(p->why, sizeof p->why, "the container does not run");
		prober_result(p, false);
	}
}
