// SPDX-License-Identifier: Apache-2.0
/* rehearsal_facts.c - what diagnosis and advice want to know of the Deployment that is rolled. */
#include "rehearsal.h"

#include "base/clock.h"
#include "base/text.h"
#include "lab/rolling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct service_port *target_port(const struct rehearsal *r)
{
	for (size_t i = 0; i < r->manifest->service_count; i++) {
		const struct service *s = &r->manifest->services[i];
		if (!strcmp(s->namespace, r->target->namespace) && labels_match(&s->selector, &r->target->pod.labels))
			return &s->ports[0];
	}
	return NULL;
}

/* The container that lists the port; the first when none does. */
static const struct container *serving(const struct pod_spec *pod, int64_t port)
{
	for (size_t i = 0; i < pod->container_count; i++)
		for (size_t k = 0; k < pod->containers[i].port_count; k++)
			if (pod->containers[i].ports[k].port == port)
				return &pod->containers[i];
	return &pod->containers[0];
}

static void describe(const struct handler *h, const struct pod_spec *pod, char *out, size_t size)
{
	auto_text t = TEXT_INIT(1024);
	switch (h->kind) {
	case HANDLER_NONE:
		break;
	case HANDLER_EXEC:
		text_add(&t, "exec:");
		for (char **word = h->command; word && *word; word++)
			text_printf(&t, " %s", *word);
		break;
	case HANDLER_HTTP:
		text_printf(&t, "httpGet %s on %lld", h->path, (long long)pod_port(pod, &h->port));
		break;
	case HANDLER_TCP:
		text_printf(&t, "tcpSocket on %lld", (long long)pod_port(pod, &h->port));
		break;
	case HANDLER_GRPC:
		text_printf(&t, "grpc on %lld", (long long)pod_port(pod, &h->port));
		break;
	case HANDLER_SLEEP:
		text_printf(&t, "sleep: %lld s", (long long)h->sleep_s);
		break;
	}
	snprintf(out, size, "%s", text_str(&t));
}

/* How long a hook sleeps when that is all it does: sleep: N, `sleep N`, `/bin/sleep N`, `sh -c "sleep N"`. */
static int64_t sleeps(const struct handler *h)
{
	if (h->kind == HANDLER_SLEEP)
		return h->sleep_s * NS_PER_S;
	if (h->kind != HANDLER_EXEC || !h->command || !h->command[0] || !h->command[1])
		return 0;
	const char *last = h->command[1];
	const char *name = strrchr(h->command[0], '/');
	name = name ? name + 1 : h->command[0];
	if (h->command[2] && !h->command[3] && !strcmp(h->command[1], "-c")) {
		last = h->command[2];
		if (strncmp(last, "sleep ", 6))
			return 0;
		last += 6;
	} else if (strcmp(name, "sleep") || h->command[2]) {
		return 0;
	}
	char *end;
	double seconds = strtod(last, &end);
	return *end || seconds < 0 || seconds > 1e6 ? 0 : (int64_t)(seconds * (double)NS_PER_S);
}

static void name_targets(const struct rehearsal *r, struct run_facts *f)
{
	if (r->lab.via != LAB_VIA_SERVICE) {
		f->target_count = 1;
		snprintf(f->targets[0], sizeof f->targets[0], r->lab.via == LAB_VIA_INGRESS ? "ingress" : "pods");
		return;
	}
	for (f->target_count = 0; f->target_count < r->lab.nodes; f->target_count++)
		snprintf(f->targets[f->target_count], sizeof f->targets[0], "node-%d", f->target_count + 1);
}

void rehearsal_facts(struct rehearsal *r)
{
	const struct deployment *d = r->target;
	const struct service_port *port = target_port(r);
	struct run_facts *f = &r->facts;
	struct rolling rolling = rolling_resolve(d);
	*f = (struct run_facts){0};
	f->port = port ? pod_port(&d->pod, &port->target_port) : 0;
	const struct container *c = serving(&d->pod, f->port);
	snprintf(f->deployment, sizeof f->deployment, "%s", d->name);
	snprintf(f->container, sizeof f->container, "%s", c->name);
	f->replicas = d->replicas;
	f->max_surge = rolling.max_surge;
	f->max_unavailable = rolling.max_unavailable;
	f->recreate = d->strategy == STRATEGY_RECREATE;
	f->min_ready_ns = d->min_ready_s * NS_PER_S;
	f->grace_ns = d->pod.grace_s * NS_PER_S;
	f->has_pre_stop = c->pre_stop.kind != HANDLER_NONE;
	f->pre_stop_sleep_ns = sleeps(&c->pre_stop);
	f->has_readiness = c->readiness.handler.kind != HANDLER_NONE;
	f->has_liveness = c->liveness.handler.kind != HANDLER_NONE;
	f->has_startup = c->startup.handler.kind != HANDLER_NONE;
	describe(&c->pre_stop, &d->pod, f->pre_stop, sizeof f->pre_stop);
	describe(&c->readiness.handler, &d->pod, f->readiness, sizeof f->readiness);
	describe(&c->liveness.handler, &d->pod, f->liveness, sizeof f->liveness);
	snprintf(f->request, sizeof f->request, "%s %s", r->method, r->paths[0]);
	f->rate = (double)r->rate;
	f->timeout_ns = r->timeout_ns;
	f->connect_timeout_ns = r->connect_timeout_ns;
	name_targets(r, f);
}
