// SPDX-License-Identifier: Apache-2.0
#include "state.h"

#include "base/memory.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void lab_emit(struct lab *lab, enum event_kind kind, const struct pod *pod, int plane, int64_t value,
	      const char *format, ...)
{
	struct event e = {.at_ns = clock_ns(),
			  .kind = kind,
			  .pod = pod ? pod->index : EVENT_NONE,
			  .plane = plane,
			  .value = value};
	va_list args;
	va_start(args, format);
	vsnprintf(e.detail, sizeof e.detail, format, args);
	va_end(args);
	lab->sink.event(&e, lab->sink.data);
}

void lab_fail(struct lab *lab, const struct err *err)
{
	if (lab->failed)
		return;
	lab->failed = true;
	lab->sink.failed(err, lab->sink.data);
}

void lab_check_ready(struct lab *lab)
{
	if (lab->was_ready || later_is_waiting(&lab->slices) || !ingress_is_up(lab->ingress))
		return;
	for (int i = 0; i < lab->controller_count; i++)
		if (!lab->controllers[i].settled)
			return;
	for (int i = 0; i < lab->plane_count; i++)
		if (!plane_is_up_to_date(&lab->planes[i]))
			return;
	lab->was_ready = true;
	lab->sink.ready(lab->sink.data);
}

bool lab_runs(const struct manifest *m, const struct lab_config *config, const struct deployment *d)
{
	if (d == config->target)
		return true;
	for (size_t i = 0; i < m->service_count; i++)
		if (!strcmp(m->services[i].namespace, d->namespace) &&
		    labels_match(&m->services[i].selector, &d->pod.labels))
			return true;
	return false;
}

/* ---- can it be run at all? ---- */

static int check_handler(const struct pod_spec *pod, const struct handler *h, const char *what, struct err *err)
{
	const struct place *at = &h->place;
	if (h->kind == HANDLER_GRPC)
		return err_input(err, "%s:%d:%d: %s: grpc probes are not rehearsed yet: use httpGet, tcpSocket or exec",
				 at->file, at->line, at->column, what);
	if ((h->kind == HANDLER_HTTP || h->kind == HANDLER_TCP) && h->port.is_name && !pod_port(pod, &h->port))
		return err_input(err, "%s:%d:%d: %s: no container port is named '%s'", at->file, at->line, at->column,
				 what, h->port.name);
	if (h->kind == HANDLER_HTTP && h->https)
		return err_input(err, "%s:%d:%d: %s: scheme HTTPS is not rehearsed yet", at->file, at->line, at->column,
				 what);
	return 0;
}

static int check_container(const struct lab_config *config, const struct pod_spec *pod, const struct container *c,
			   struct err *err)
{
	int rc = command_check(config, c, err);
	if (rc == 0)
		rc = check_handler(pod, &c->startup.handler, "startupProbe", err);
	if (rc == 0)
		rc = check_handler(pod, &c->readiness.handler, "readinessProbe", err);
	if (rc == 0)
		rc = check_handler(pod, &c->liveness.handler, "livenessProbe", err);
	if (rc == 0)
		rc = check_handler(pod, &c->pre_stop, "preStop", err);
	return rc;
}

static bool has_container(const struct pod_spec *pod, const char *name)
{
	for (size_t i = 0; i < pod->init_container_count; i++)
		if (!strcmp(pod->init_containers[i].name, name))
			return true;
	for (size_t i = 0; i < pod->container_count; i++)
		if (!strcmp(pod->containers[i].name, name))
			return true;
	return false;
}

/* A --run that nothing asks for is a slip of the pen: what it was meant for would run something else. */
static int check_runs(const struct manifest *m, const struct lab_config *config, struct err *err)
{
	for (int i = 0; i < config->run_count; i++) {
		bool found = false;
		for (size_t k = 0; k < m->deployment_count; k++)
			found = found || has_container(&m->deployments[k].pod, config->runs[i].container);
		if (!found)
			return err_input(err, "--run: no container '%s' in the manifests (deployment/%s has: %s)",
					 config->runs[i].container, config->target->name,
					 config->target->pod.containers[0].name);
	}
	return 0;
}

/* A port that leads nowhere would only be seen as requests that are all lost. */
static int check_service(const struct lab_config *config, const struct service *s, struct err *err)
{
	const struct deployment *d = config->target;
	if (strcmp(s->namespace, d->namespace) || !labels_match(&s->selector, &d->pod.labels))
		return 0;
	for (size_t i = 0; i < s->port_count; i++) {
		const struct service_port *p = &s->ports[i];
		if (p->target_port.is_name && !pod_port(&d->pod, &p->target_port))
			return err_input(err, "%s:%d:%d: service %s: no container port of deployment/%s is named '%s'",
					 p->place.file, p->place.line, p->place.column, s->name, d->name,
					 p->target_port.name);
	}
	return 0;
}

int lab_check(const struct manifest *m, const struct lab_config *config, struct err *err)
{
	if (check_runs(m, config, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < m->service_count; i++)
		if (check_service(config, &m->services[i], err) < 0)
			return -EINVAL;
	for (size_t i = 0; i < m->deployment_count; i++) {
		const struct deployment *d = &m->deployments[i];
		if (!lab_runs(m, config, d))
			continue;
		int rc = 0;
		for (size_t k = 0; k < d->pod.init_container_count && rc == 0; k++)
			rc = check_container(config, &d->pod, &d->pod.init_containers[k], err);
		for (size_t k = 0; k < d->pod.container_count && rc == 0; k++)
			rc = check_container(config, &d->pod, &d->pod.containers[k], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- life ---- */

static void start_controllers(struct lab *lab)
{
	const struct manifest *m = lab->manifest;
	lab->controllers = memory_new(m->deployment_count, sizeof *lab->controllers);
	for (size_t i = 0; i < m->deployment_count; i++) {
		if (!lab_runs(m, lab->config, &m->deployments[i]))
			continue;
		struct controller *c = &lab->controllers[lab->controller_count++];
		controller_init(c, lab, &m->deployments[i]);
		if (c->deployment == lab->config->target)
			lab->target = c;
	}
	for (int i = 0; i < lab->controller_count; i++)
		controller_roll(&lab->controllers[i]);
}

static int lab_start(void *self, struct err *err)
{
	struct lab *lab = self;
	int rc = netns_init(err);
	if (rc == 0)
		rc = wire_init(&lab->wire, lab->loop, lab->config->gone, lab->config->rtt_ns, err);
	if (rc == 0)
		rc = service_start(lab, err);
	if (rc == 0)
		rc = plane_start(lab, err);
	if (rc == 0)
		rc = wire_start_delay(&lab->wire, err);
	if (rc == 0)
		start_controllers(lab);
	return rc;
}

static void lab_restart(void *self)
{
	struct lab *lab = self;
	controller_roll(lab->target);
}

static struct load_target service_target(const struct lab *lab, const struct backend *b, int node, uint16_t port)
{
	struct load_target t = {.address_length = sizeof(struct sockaddr_in)};
	struct sockaddr_in to = {AF_INET, htons(port), {b->address}, {0}};
	memcpy(&t.address, &to, sizeof to);
	snprintf(t.device, sizeof t.device, "%s", lab->wire.nodes[node].name);
	snprintf(t.name, sizeof t.name, "%s", lab->wire.nodes[node].name);
	return t;
}

static int lab_targets(void *self, struct load_config *load, struct err *err)
{
	struct lab *lab = self;
	load->target_count = 0;
	const struct backend *b = service_of_target(lab);
	if (lab->config->via == LAB_VIA_INGRESS) {
		int rc = ingress_targets(lab, load, err);
		if (rc < 0)
			return rc;
	} else {
		uint16_t port = (uint16_t)b->spec->ports[0].port;
		for (int i = 0; i < lab->plane_count; i++) {
			bool wanted = lab->planes[i].info.kind ==
				      (lab->config->via == LAB_VIA_POD ? PLANE_DIRECT : PLANE_NODE);
			if (wanted)
				load->targets[load->target_count++] = service_target(lab, b, lab->planes[i].node, port);
		}
		snprintf(lab->host_header, sizeof lab->host_header, port == 80 ? "%s" : "%s:%u", b->spec->name, port);
	}
	if (!load->host_header)
		load->host_header = lab->host_header;
	return 0;
}

/* By the log of its first packet. */
static int new_connection_pod(struct lab *lab, const struct outcome *o)
{
	if (!o->local_port)
		return EVENT_NONE;
	int node = lab->config->via == LAB_VIA_POD ? lab->node_count : o->target;
	/* The outcome may be here before the loop has come to what was logged long before it. */
	flows_read(&lab->wire.nodes[node].flows);
	uint32_t address = flows_pod(&lab->wire.nodes[node].flows, o->local_port, o->started_ns - NS_PER_MS,
				     o->ended_ns + 20 * NS_PER_MS);
	for (int i = lab->pod_count - 1; address && i >= 0; i--)
		if (lab->pods[i]->address == address)
			return i;
	return EVENT_NONE;
}

/* A connection stays with its pod: what its first request told holds for all. */
static int lab_pod_of(const struct outcome *o, void *self)
{
	struct lab *lab = self;
	if (lab->config->via == LAB_VIA_INGRESS || !o->connection)
		return EVENT_NONE;
	if (o->connection >= lab->connection_count) {
		size_t count = o->connection * 2;
		lab->connection_pods = memory_resize(lab->connection_pods, count, sizeof(int));
		memset(lab->connection_pods + lab->connection_count, 0, (count - lab->connection_count) * sizeof(int));
		lab->connection_count = count;
	}
	int *known = &lab->connection_pods[o->connection];
	if (!outcome_is_reused(o)) {
		int pod = new_connection_pod(lab, o);
		*known = pod == EVENT_NONE ? *known : pod + 1;
	}
	return *known ? *known - 1 : EVENT_NONE;
}

/* Says what is missing from the record: nothing is hidden. */
static void note_missed_flows(struct lab *lab)
{
	uint64_t missed = 0;
	for (int i = 0; i < lab->wire.node_count; i++)
		missed += lab->wire.nodes[i].flows.missed;
	if (missed)
		lab_emit(lab, EVENT_NOTE, NULL, EVENT_NONE, (int64_t)missed,
			 "packet logs were dropped %llu times: some pods are not known", (unsigned long long)missed);
}

static void lab_stop(void *self)
{
	struct lab *lab = self;
	note_missed_flows(lab);
	for (int i = 0; i < lab->controller_count; i++)
		controller_stop(&lab->controllers[i]);
	for (int i = 0; i < lab->pod_count; i++)
		pod_stop(lab->pods[i]);
	for (int i = 0; i < lab->plane_count; i++)
		plane_stop(&lab->planes[i]);
	ingress_stop(lab->ingress);
	if (lab->backends)
		later_close(&lab->slices);
	wire_finish(&lab->wire);
}

static void lab_destroy(void *self)
{
	struct lab *lab = self;
	for (int i = 0; i < lab->pod_count; i++) {
		free(lab->pods[i]->containers);
		free(lab->pods[i]);
	}
	free(lab->pods);
	free(lab->connection_pods);
	free(lab->controllers);
	for (int i = 0; i < lab->plane_count; i++)
		plane_destroy(&lab->planes[i]);
	free(lab->planes);
	ingress_destroy(lab->ingress);
	service_destroy(lab);
	free(lab);
}

struct cluster *lab_create(uv_loop_t *loop, const struct manifest *m, const struct lab_config *config,
			   const struct cluster_sink *sink, struct err *err)
{
	struct lab *lab = memory_new(1, sizeof *lab);
	*lab = (struct lab){.loop = loop,
			    .manifest = m,
			    .config = config,
			    .sink = *sink,
			    .random = {config->seed},
			    .names = {config->seed + 1},
			    .victims = {config->seed + 2}};
	lab->cluster = (struct cluster){lab, lab_start, lab_restart, lab_targets, lab_pod_of, lab_stop, lab_destroy};
	lab->wire.home.fd = lab->wire.fabric.fd = lab->wire.fabric_netns = -1;
	snprintf(lab->folder, sizeof lab->folder, "/run/lab");
	if (mkdir(lab->folder, 0755) == -1 && errno != EEXIST) {
		err_system(err, errno, "cannot make %s", lab->folder);
		free(lab);
		return NULL;
	}
	return &lab->cluster;
}
