// SPDX-License-Identifier: Apache-2.0
#include "rehearsal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/words.h"
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- outside: what is to be rehearsed ---- */

int rehearsal_read(struct rehearsal *r, const char *name, const char *text, struct err *err)
{
	r->manifest = manifest_create();
	if (text)
		return manifest_read(r->manifest, name, text, strlen(text), err);
	int rc = 0;
	for (char **file = r->files; file && *file && rc == 0; file++)
		rc = manifest_read_path(r->manifest, *file, err);
	for (char **folder = r->kustomizations; folder && *folder && rc == 0; folder++)
		rc = manifest_read_kustomization(r->manifest, *folder, err);
	return rc;
}

static const struct service *service_for(const struct manifest *m, const struct deployment *d)
{
	for (size_t i = 0; i < m->service_count; i++)
		if (!strcmp(m->services[i].namespace, d->namespace) &&
		    labels_match(&m->services[i].selector, &d->pod.labels))
			return &m->services[i];
	return NULL;
}

/* "deployment/shop", "deploy/shop" or "shop". */
static int find_named(struct rehearsal *r, const char *word, struct err *err)
{
	const char *slash = strchr(word, '/');
	const char *name = slash ? slash + 1 : word;
	if (slash && strncmp(word, "deployment/", 11) && strncmp(word, "deploy/", 7))
		return err_input(err, "'%s' is not deployment/NAME", word);
	for (size_t i = 0; i < r->manifest->deployment_count; i++)
		if (!strcmp(r->manifest->deployments[i].name, name))
			r->target = &r->manifest->deployments[i];
	return r->target ? 0 : err_input(err, "no deployment '%s' in the manifests", name);
}

static int find_target(struct rehearsal *r, struct err *err)
{
	const struct manifest *m = r->manifest;
	for (size_t i = 0; !m->deployment_count && i < m->passed_over_count; i++)
		if (!strcmp(m->passed_over[i].kind, "Kustomization"))
			return err_input(
				err,
				"no Deployment in the manifests, but %s is a kustomization: give its folder with -k",
				m->passed_over[i].place.file);
	if (!m->deployment_count)
		return err_input(err, "no Deployment in the manifests: there is nothing to roll");
	if (r->arguments && r->arguments[0] && r->arguments[1])
		return err_input(err, "one Deployment at a time, not also '%s' (see --help)", r->arguments[1]);
	if (r->arguments && r->arguments[0])
		return find_named(r, r->arguments[0], err);
	const struct deployment *other = NULL;
	for (size_t i = 0; i < m->deployment_count; i++) {
		const struct deployment *d = &m->deployments[i];
		if (m->deployment_count > 1 && !service_for(m, d))
			continue;
		other = r->target;
		r->target = d;
		if (other)
			return err_input(err,
					 "several Deployments have a Service: say which one to roll (deployment/%s or "
					 "deployment/%s)",
					 other->name, d->name);
	}
	return r->target ? 0
			 : err_input(err,
				     "no Service selects any of the Deployments: say which one to roll (deployment/%s)",
				     m->deployments[0].name);
}

/* A Deployment alone is rehearsed behind a Service for its first container port; other Services do not matter to it. */
static int make_up_service(struct rehearsal *r, struct err *err)
{
	const struct deployment *d = r->target;
	const struct container *c = &d->pod.containers[0];
	static struct service_port port;
	if (!c->port_count)
		return err_input(
			err,
			"%s:%d:%d: no Service selects deployment/%s, and container %s names no port to make one for",
			d->place.file, d->place.line, d->place.column, d->name, c->name);
	port = (struct service_port){"",    c->ports[0].port, {.number = c->ports[0].port, .name = ""}, 0,
				     "TCP", c->place};
	r->made_up = (struct service){.name = d->name,
				      .namespace = d->namespace,
				      .type = "ClusterIP",
				      .selector = d->pod.labels,
				      .ports = &port,
				      .port_count = 1,
				      .place = d->place};
	r->manifest->services = &r->made_up;
	r->manifest->service_count = 1;
	return 0;
}

int rehearsal_aim(struct rehearsal *r, struct err *err)
{
	int rc = find_target(r, err);
	if (rc == 0 && !service_for(r->manifest, r->target))
		rc = make_up_service(r, err);
	if (rc < 0)
		return rc;
	if (r->target->replicas < 1)
		return err_input(err, "deployment/%s has replicas: 0: there is nothing to roll", r->target->name);
	r->lab.target = r->target;
	rc = lab_check(r->manifest, &r->lab, err);
	if (rc == 0)
		rehearsal_facts(r);
	return rc;
}

/* ---- inside ---- */

static void interrupted(uv_signal_t *signal, int number)
{
	conductor_interrupt(signal->data);
}

static struct load_config load_of(const struct rehearsal *r)
{
	return (struct load_config){
		.method = r->method,
		.paths = (const char *const *)r->paths,
		.headers = (const char *const *)r->headers,
		.body = r->body,
		.body_length = r->body ? strlen(r->body) : 0,
		.rate = (double)r->rate,
		.fresh = r->fresh,
		.keepalive = r->keepalive,
		.connections = r->connections,
		.timeout_ns = r->timeout_ns,
		.connect_timeout_ns = r->connect_timeout_ns,
		.pod_header = "X-Pod",
	};
}

/* A handle that is left: closed, and the loop runs until it is. */
static void close_left(uv_handle_t *handle, void *data)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

struct conductor *rehearsal_conduct(struct rehearsal *r, bool progress, struct err *err)
{
	uv_loop_t loop;
	uv_signal_t signal;
	uv_loop_init(&loop);
	struct conductor_config config = {
		.facts = r->facts,
		.load = load_of(r),
		.record = r->record,
		.warmup_ns = r->warmup_ns,
		.cooldown_ns = r->cooldown_ns,
		.duration_ns = r->duration_ns,
		.rollouts = (int)r->rollouts,
		.progress = progress ? progress_show : NULL,
	};
	struct conductor *c = conductor_create(&loop, &config, err);
	if (!c) {
		(void)uv_loop_close(&loop);
		return NULL;
	}
	struct cluster_sink sink = conductor_sink(c);
	struct cluster *cluster = lab_create(&loop, r->manifest, &r->lab, &sink, err);
	int rc = cluster ? conductor_start(c, cluster, err) : -1;
	uv_signal_init(&loop, &signal);
	signal.data = c;
	uv_signal_start(&signal, interrupted, SIGINT);
	uv_unref((uv_handle_t *)&signal);
	if (rc == 0)
		uv_run(&loop, UV_RUN_DEFAULT);
	else if (cluster)
		cluster->stop(cluster->self);
	uv_walk(&loop, close_left, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	if (progress)
		progress_end();
	if (rc < 0) {
		conductor_destroy(c);
		return NULL;
	}
	return c;
}
