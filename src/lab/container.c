// SPDX-License-Identifier: Apache-2.0
/* container.c - one container as its kubelet sees it: running, probed, restarted. How it is ended is in ending.c. */
#include "state.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/words.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define FIRST_RESTARTS 2

static struct lab *lab_of(const struct container_state *c)
{
	return c->pod->lab;
}

bool container_is_main(const struct container_state *c)
{
	return c - c->pod->containers >= c->pod->init_count;
}

/* ---- probes ---- */

static struct container_state *probe_owner(struct prober *p)
{
	return p->data;
}

static const char *probe_name(const struct container_state *c, const struct prober *p)
{
	return p == &c->readiness ? "readiness" : p == &c->liveness ? "liveness" : "startup";
}

static void probe_failed(struct prober *p, void *data)
{
	struct container_state *c = data;
	lab_emit(lab_of(c), EVENT_PROBE_FAILED, c->pod, EVENT_NONE, 0, "%s %s: %s", probe_name(c, p), c->spec->name,
		 p->why);
}

static struct process *probe_execute(struct prober *p, process_exited *exited, void *data)
{
	return container_execute(probe_owner(p), p->spec->handler.command, exited, data, NULL);
}

static void readiness_changed(struct prober *p, bool verdict, void *data)
{
	struct container_state *c = data;
	c->ready = verdict;
	pod_container_changed(c->pod);
}

static void begin_probes(struct container_state *c)
{
	c->started = true;
	if (prober_exists(&c->readiness))
		prober_start(&c->readiness, false, c->started_ns);
	else
		c->ready = true;
	prober_start(&c->liveness, true, c->started_ns);
	pod_container_changed(c->pod);
}

/* Liveness failed, or startup never succeeded: end it in order, and start it again. */
static void give_up(struct container_state *c, const struct prober *p)
{
	lab_emit(lab_of(c), EVENT_LIVENESS_KILL, c->pod, EVENT_NONE, 0, "%s probe of %s failed %lld times: %s",
		 probe_name(c, p), c->spec->name, (long long)p->spec->failure_threshold, p->why);
	c->restart_after = true;
	int64_t grace_s = p->spec->grace_s >= 0 ? p->spec->grace_s : c->pod->deployment->pod.grace_s;
	container_end(c, grace_s * NS_PER_S);
}

static void liveness_changed(struct prober *p, bool verdict, void *data)
{
	struct container_state *c = data;
	if (!verdict && !c->ending)
		give_up(c, p);
}

static void startup_changed(struct prober *p, bool verdict, void *data)
{
	struct container_state *c = data;
	if (verdict) {
		prober_stop(p);
		begin_probes(c);
	} else if (!c->ending) {
		give_up(c, p);
	}
}

static void probe_init(struct container_state *c, struct prober *p, const struct probe *spec,
		       void (*changed)(struct prober *, bool, void *))
{
	p->changed = changed;
	p->failed = probe_failed;
	p->execute = probe_execute;
	p->data = c;
	prober_init(p, lab_of(c)->loop, spec, false);
}

/* Needs the pod's address. */
static void probe_aim(struct container_state *c, struct prober *p)
{
	struct pod *pod = c->pod;
	const struct handler *h = &p->spec->handler;
	p->to = (struct check_spec){
		.netns = lab_of(c)->wire.nodes[pod->info.node - 1].netns,
		.address = pod->address,
		.port = (uint16_t)pod_port(&pod->deployment->pod, &h->port),
		.http = h->kind == HANDLER_HTTP,
		.path = h->path,
		.headers = h->headers,
		.user_agent = "kube-probe/1.34",
	};
}

/* ---- running ---- */

static void stop_probes(struct container_state *c)
{
	prober_stop(&c->startup);
	prober_stop(&c->readiness);
	prober_stop(&c->liveness);
}

static void schedule_restart(struct container_state *c)
{
	/* The first time at once (at the next relist), then 10 s, 20 s, … */
	int64_t delay = c->backoff_ns;
	c->backoff_ns = !delay ? TIMING_BACKOFF : delay * 2 < TIMING_BACKOFF_MAX ? delay * 2 : TIMING_BACKOFF_MAX;
	later_start(&c->restart, delay + random_between(&lab_of(c)->random, 0, TIMING_RELIST));
}

/* The first revision has to run before anything can be rolled: no use in waiting for its back-off to grow. */
static void give_up_first_revision(struct container_state *c, int status, const char *line)
{
	struct err err = {0};
	err_system(&err, 0, "the first pods do not run: container %s ends again and again, last with status %d%s%s",
		   c->spec->name, status, *line ? ": " : "", line);
	lab_fail(lab_of(c), &err);
}

static void container_exited(struct process *process, int status, void *data)
{
	struct container_state *c = data;
	struct pod *pod = c->pod;
	c->process = NULL;
	stop_probes(c);
	ending_stop(c);
	const char *line = status ? process_last_line(process) : "";
	lab_emit(lab_of(c), EVENT_CONTAINER_EXITED, pod, EVENT_NONE, status, "%s%s%s", c->spec->name, *line ? ": " : "",
		 line);
	if (pod->info.revision == 1 && !pod->ready_ns && !c->ending && status && c->restarts >= FIRST_RESTARTS)
		give_up_first_revision(c, status, line);
	bool init_done = !container_is_main(c) && !c->spec->is_sidecar && status == 0 && !c->ending;
	c->completed = init_done;
	c->ready = c->started = c->noticed = c->ending = c->term_sent = c->kill_sent = false;
	if (!pod->deleted && !init_done) {
		c->restart_after = false;
		schedule_restart(c);
	}
	pod_container_exited(pod, c);
}

struct process *container_execute(struct container_state *c, char *const *command, process_exited *exited, void *data,
				  struct err *err)
{
	if (!c->process) {
		err_system(err, 0, "the container does not run");
		return NULL;
	}
	char **argv = command_expand(c->pod, c->spec, command);
	char **environment = command_environment(c->pod, c->spec);
	struct process_spec spec = {.argv = argv, .environment = environment, .net = -1, .uts = -1, .log = -1};
	struct process *process = process_exec(c->pod->lab->loop, c->process, &spec, exited, data, err);
	words_free(argv);
	words_free(environment);
	return process;
}

void container_start(struct container_state *c)
{
	struct pod *pod = c->pod;
	struct lab *lab = lab_of(c);
	char **argv = command_argv(lab, pod, c->spec);
	char **environment = command_environment(pod, c->spec);
	struct process_spec spec = {
		.argv = argv,
		.environment = environment,
		.directory = *c->spec->working_dir ? c->spec->working_dir : NULL,
		.net = pod->net,
		.uts = pod->uts,
		.hosts = pod->hosts,
		.log = c->log,
	};
	struct err err = {0};
	c->process = process_start(lab->loop, &spec, container_exited, c, &err);
	words_free(argv);
	words_free(environment);
	if (!c->process)
		return lab_fail(lab, &err);
	c->started_ns = clock_ns();
	probe_aim(c, &c->startup);
	probe_aim(c, &c->readiness);
	probe_aim(c, &c->liveness);
}

void container_notice(struct container_state *c)
{
	if (c->noticed || !c->process || c->ending)
		return;
	c->noticed = true;
	if (prober_exists(&c->startup))
		prober_start(&c->startup, false, c->started_ns);
	else
		begin_probes(c);
}

static void restart(void *data)
{
	struct container_state *c = data;
	if (c->pod->deleted || c->process)
		return;
	c->restarts++;
	container_start(c);
	lab_emit(lab_of(c), EVENT_CONTAINER_RESTARTED, c->pod, EVENT_NONE, c->restarts, "%s", c->spec->name);
}

static int open_log(const struct pod *p, const struct container *spec)
{
	const char *folder = p->lab->config->logs;
	if (!folder)
		return -1;
	auto_free char *path = memory_printf("%s/%s.%s.log", folder, p->info.name, spec->name);
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void container_init(struct container_state *c, struct pod *p, const struct container *spec)
{
	*c = (struct container_state){.pod = p, .spec = spec, .log = open_log(p, spec)};
	uv_loop_t *loop = p->lab->loop;
	later_init(&c->restart, loop, restart, c);
	ending_init(c);
	probe_init(c, &c->startup, &spec->startup, startup_changed);
	probe_init(c, &c->readiness, &spec->readiness, readiness_changed);
	probe_init(c, &c->liveness, &spec->liveness, liveness_changed);
}

void container_stop(struct container_state *c)
{
	stop_probes(c);
	ending_stop(c);
	process_destroy(c->process);
	c->process = NULL;
	ending_close(c);
	struct later *const timers[] = {
		&c->restart,         &c->startup.tick,  &c->startup.limit,  &c->readiness.tick,
		&c->readiness.limit, &c->liveness.tick, &c->liveness.limit,
	};
	for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
		later_close(timers[i]);
	fd_close(&c->log);
}
