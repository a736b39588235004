// SPDX-License-Identifier: Apache-2.0
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>

static void dump_place(struct text *out, const struct place *p)
{
	text_printf(out, " @%d:%d\n", p->line, p->column);
}

static const char *show(const struct int_or_string *v, char out[64])
{
	if (v->is_name)
		snprintf(out, 64, "'%.60s'", v->name);
	else
		snprintf(out, 64, "%" PRId64 "%s", v->number, v->is_percent ? "%" : "");
	return out;
}

static void dump_labels(struct text *out, const char *what, const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		text_printf(out, "  %s %s='%s'\n", what, labels->items[i].key, labels->items[i].value);
}

static void dump_words(struct text *out, const char *what, char **words)
{
	text_printf(out, " %s[", what);
	for (char **w = words; *w; w++)
		text_printf(out, "%s'%s'", w == words ? "" : " ", *w);
	text_add(out, "]");
}

static void dump_handler(struct text *out, const char *what, const struct handler *h)
{
	static const char *const kinds[] = {"none", "exec", "http", "tcp", "grpc", "sleep"};
	char port[64];
	if (h->kind == HANDLER_NONE)
		return;
	text_printf(out, "    %s %s", what, kinds[h->kind]);
	if (h->kind == HANDLER_EXEC)
		dump_words(out, "command", h->command);
	else if (h->kind == HANDLER_SLEEP)
		text_printf(out, " %" PRId64 " s", h->sleep_s);
	else
		text_printf(out, " %s host '%s' port %s path '%s'", h->https ? "https" : "plain", h->host,
			    show(&h->port, port), h->path);
	if (h->headers[0])
		dump_words(out, "headers", h->headers);
	dump_place(out, &h->place);
}

static void dump_probe(struct text *out, const char *what, const struct probe *p)
{
	dump_handler(out, what, &p->handler);
	if (p->handler.kind != HANDLER_NONE)
		text_printf(out,
			    "      delay %" PRId64 " period %" PRId64 " timeout %" PRId64 " success %" PRId64
			    " failure %" PRId64 " grace %" PRId64 "\n",
			    p->initial_delay_s, p->period_s, p->timeout_s, p->success_threshold, p->failure_threshold,
			    p->grace_s);
}

static void dump_container(struct text *out, const char *what, const struct container *c)
{
	static const char *const sources[] = {"value", "field", "other"};
	text_printf(out, "  %s %s image '%s'%s dir '%s'", what, c->name, c->image, c->is_sidecar ? " sidecar" : "",
		    c->working_dir);
	dump_words(out, c->has_command ? "command" : "no command", c->command);
	dump_words(out, "args", c->args);
	dump_place(out, &c->place);
	for (size_t i = 0; i < c->env_count; i++) {
		text_printf(out, "    env %s %s '%s'", c->env[i].name, sources[c->env[i].source], c->env[i].value);
		dump_place(out, &c->env[i].place);
	}
	for (size_t i = 0; i < c->port_count; i++)
		text_printf(out, "    port '%s' %" PRId64 " %s\n", c->ports[i].name, c->ports[i].port,
			    c->ports[i].protocol);
	dump_probe(out, "startup", &c->startup);
	dump_probe(out, "readiness", &c->readiness);
	dump_probe(out, "liveness", &c->liveness);
	dump_handler(out, "postStart", &c->post_start);
	dump_handler(out, "preStop", &c->pre_stop);
}

static void dump_deployment(struct text *out, const struct deployment *d)
{
	char surge[64], unavailable[64];
	text_printf(out, "deployment %s/%s", d->namespace, d->name);
	dump_place(out, &d->place);
	text_printf(out,
		    "  replicas %" PRId64 " %s surge %s unavailable %s min-ready %" PRId64 " deadline %" PRId64 "\n",
		    d->replicas, d->strategy == STRATEGY_RECREATE ? "recreate" : "rolling", show(&d->max_surge, surge),
		    show(&d->max_unavailable, unavailable), d->min_ready_s, d->progress_deadline_s);
	dump_labels(out, "selector", &d->selector);
	text_printf(out, "  pod grace %" PRId64, d->pod.grace_s);
	dump_place(out, &d->pod.place);
	dump_labels(out, "label", &d->pod.labels);
	dump_labels(out, "annotation", &d->pod.annotations);
	for (size_t i = 0; i < d->pod.init_container_count; i++)
		dump_container(out, "init", &d->pod.init_containers[i]);
	for (size_t i = 0; i < d->pod.container_count; i++)
		dump_container(out, "container", &d->pod.containers[i]);
}

static void dump_service(struct text *out, const struct service *s)
{
	char port[64];
	text_printf(out, "service %s/%s %s%s%s%s", s->namespace, s->name, s->type,
		    s->local_traffic_only ? " local" : "", s->session_affinity ? " affinity" : "",
		    s->publish_not_ready ? " not-ready-too" : "");
	dump_place(out, &s->place);
	dump_labels(out, "selector", &s->selector);
	for (size_t i = 0; i < s->port_count; i++) {
		const struct service_port *p = &s->ports[i];
		text_printf(out, "  port '%s' %" PRId64 " to %s node %" PRId64 " %s", p->name, p->port,
			    show(&p->target_port, port), p->node_port, p->protocol);
		dump_place(out, &p->place);
	}
}

static void dump_ingress(struct text *out, const struct ingress *g)
{
	char port[64];
	text_printf(out, "ingress %s/%s", g->namespace, g->name);
	dump_place(out, &g->place);
	dump_labels(out, "annotation", &g->annotations);
	for (size_t i = 0; i < g->path_count; i++) {
		const struct ingress_path *p = &g->paths[i];
		text_printf(out, "  host '%s' path '%s'%s to %s port %s", p->host, p->path, p->exact ? " exact" : "",
			    p->service, show(&p->port, port));
		dump_place(out, &p->place);
	}
}

void dump_manifest(const struct manifest *m, struct text *out)
{
	for (size_t i = 0; i < m->deployment_count; i++)
		dump_deployment(out, &m->deployments[i]);
	for (size_t i = 0; i < m->service_count; i++)
		dump_service(out, &m->services[i]);
	for (size_t i = 0; i < m->ingress_count; i++)
		dump_ingress(out, &m->ingresses[i]);
	for (size_t i = 0; i < m->passed_over_count; i++) {
		text_printf(out, "passed over %s '%s'", m->passed_over[i].kind, m->passed_over[i].name);
		dump_place(out, &m->passed_over[i].place);
	}
	for (char **note = m->notes; *note; note++)
		text_printf(out, "note %s\n", *note);
}
