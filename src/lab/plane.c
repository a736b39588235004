// SPDX-License-Identifier: Apache-2.0
/* plane.c - the data planes: each node's proxy, the load balancer straight to pods, the ingress. Each learns of a new
 * EndpointSlice after its own lag, in order, and a node's proxy writes its rules no more often than kube-proxy does.
 *
 * A node sends to ready endpoints, and when there is none to those that are terminating and still serve
 * (ProxyTerminatingEndpoints, GA in 1.28); the other planes only ever send to ready ones.
 */
#include "state.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what it sends to ---- */

static struct pod **choose(const struct plane *p, const struct slice *s)
{
	struct pod **chosen = memory_new((size_t)s->count + 1, sizeof(struct pod *));
	int n = 0;
	for (int i = 0; i < s->count; i++)
		if (s->entries[i].ready)
			chosen[n++] = s->entries[i].pod;
	if (n > 0 || p->info.kind != PLANE_NODE)
		return chosen;
	for (int i = 0; i < s->count; i++)
		if (s->entries[i].terminating_serving)
			chosen[n++] = s->entries[i].pod;
	return chosen;
}

static bool has(struct pod *const *pods, const struct pod *p)
{
	for (; *pods; pods++)
		if (*pods == p)
			return true;
	return false;
}

static void replace_active(struct plane *p, int backend, struct pod **new)
{
	struct pod **old = p->active[backend];
	for (struct pod **i = new; *i; i++)
		if (!old || !has(old, *i))
			lab_emit(p->lab, EVENT_PLANE_ADDED, *i, p->index, 0, "%s", "");
	for (struct pod **i = old; i && *i; i++)
		if (!has(new, *i))
			lab_emit(p->lab, EVENT_PLANE_REMOVED, *i, p->index, 0, "%s", "");
	free(old);
	p->active[backend] = new;
}

static int write_rules(struct plane *p, const struct backend *b, struct pod *const *pods, struct err *err)
{
	int count = 0;
	while (pods[count])
		count++;
	struct rules_endpoint *endpoints = memory_new((size_t)count, sizeof *endpoints);
	int rc = 0;
	for (size_t k = 0; k < b->spec->port_count && rc == 0; k++) {
		size_t n = 0;
		for (int i = 0; i < count; i++) {
			int64_t port = pod_port(&pods[i]->deployment->pod, &b->spec->ports[k].target_port);
			if (port)
				endpoints[n++] = (struct rules_endpoint){pods[i]->address, (uint16_t)port};
		}
		rc = rules_set_endpoints(&p->lab->wire.nodes[p->node].rules, b->first_port_id + (int)k, endpoints, n,
					 err);
	}
	free(endpoints);
	return rc;
}

/* ---- learning ---- */

static void apply(struct plane *p, const bool *changed)
{
	struct lab *lab = p->lab;
	struct err err = {0};
	int rc = 0;
	for (int i = 0; i < lab->backend_count && rc == 0; i++) {
		if (!changed[i])
			continue;
		struct backend *b = &lab->backends[i];
		struct pod **pods = choose(p, &b->slices[p->known[i]]);
		if (p->node >= 0)
			rc = write_rules(p, b, pods, &err);
		replace_active(p, i, pods);
	}
	if (rc == 0 && p->node < 0)
		rc = ingress_apply(lab, &err);
	if (rc < 0)
		lab_fail(lab, &err);
}

static void learn(void *data)
{
	struct plane *p = data;
	int64_t now = clock_ns();
	if (!p->queue_count)
		return;
	if (p->queue[0].due_ns > now)
		return later_start(&p->learn, p->queue[0].due_ns - now);
	int64_t wait = sync_wait(&p->sync, now);
	if (wait)
		return later_start(&p->learn, wait);
	bool *changed = memory_new((size_t)p->lab->backend_count, sizeof *changed);
	int taken = 0;
	for (; taken < p->queue_count && p->queue[taken].due_ns <= now; taken++) {
		int backend = (int)(p->queue[taken].backend - p->lab->backends);
		p->known[backend] = p->queue[taken].slice;
		changed[backend] = true;
	}
	p->queue_count -= taken;
	memmove(p->queue, p->queue + taken, (size_t)p->queue_count * sizeof *p->queue);
	apply(p, changed);
	free(changed);
	if (p->queue_count)
		later_start(&p->learn, p->queue[0].due_ns - clock_ns());
	lab_check_ready(p->lab);
}

void plane_tell(struct plane *p, struct backend *b)
{
	int64_t due = clock_ns() + random_between(&p->random, p->lag_low_ns, p->lag_high_ns);
	if (due < p->last_due_ns)
		due = p->last_due_ns;
	p->last_due_ns = due;
	p->queue = memory_resize(p->queue, (size_t)p->queue_count + 1, sizeof *p->queue);
	p->queue[p->queue_count++] = (struct news){b, b->slice_count - 1, due};
	if (p->queue_count == 1)
		later_start(&p->learn, due - clock_ns());
}

bool plane_is_up_to_date(const struct plane *p)
{
	return p->queue_count == 0;
}

/* ---- life ---- */

static bool lag_fits(const struct lab_lag *lag, const struct plane *p)
{
	return !*lag->plane || !strcmp(lag->plane, p->info.name) ||
	       (p->info.kind == PLANE_NODE && !strcmp(lag->plane, "nodes"));
}

static void plane_init(struct plane *p, struct lab *lab, enum plane_kind kind, const char *name, int node)
{
	*p = (struct plane){.lab = lab, .index = lab->plane_count++, .node = node};
	p->info.kind = kind;
	p->random.state = lab->config->seed + 1000 + (uint64_t)p->index;
	snprintf(p->info.name, sizeof p->info.name, "%s", name);
	p->lag_low_ns = kind == PLANE_INGRESS ? TIMING_INGRESS_LAG : TIMING_LAG_LOW;
	p->lag_high_ns = kind == PLANE_INGRESS ? TIMING_INGRESS_LAG : TIMING_LAG_HIGH;
	int64_t min_sync = kind == PLANE_NODE ? TIMING_MIN_SYNC : 0;
	for (int i = 0; i < lab->config->lag_count; i++) {
		if (!lag_fits(&lab->config->lags[i], p))
			continue;
		p->lag_low_ns = lab->config->lags[i].low_ns;
		p->lag_high_ns = lab->config->lags[i].high_ns;
		min_sync = 0; /* a lag that was asked for is exactly that */
	}
	sync_init(&p->sync, min_sync, clock_ns());
	later_init(&p->learn, lab->loop, learn, p);
	p->known = memory_new((size_t)lab->backend_count, sizeof *p->known);
	p->active = memory_new((size_t)lab->backend_count, sizeof *p->active);
	lab->sink.plane(p->index, &p->info, lab->sink.data);
}

static int add_services(struct lab *lab, int node, struct err *err)
{
	int rc = 0;
	for (int i = 0; i < lab->backend_count; i++) {
		const struct backend *b = &lab->backends[i];
		for (size_t k = 0; k < b->spec->port_count && rc == 0; k++)
			rc = rules_add_service(&lab->wire.nodes[node].rules, b->first_port_id + (int)k, b->address,
					       (uint16_t)b->spec->ports[k].port, (uint16_t)b->spec->ports[k].node_port,
					       err);
	}
	return rc;
}

static int add_node(struct lab *lab, enum plane_kind kind, const char *name, struct err *err)
{
	int node = lab->wire.node_count;
	int rc = wire_add_node(&lab->wire, name, err);
	if (rc == 0)
		rc = add_services(lab, node, err);
	if (rc == 0)
		plane_init(&lab->planes[lab->plane_count], lab, kind, name, node);
	return rc;
}

int plane_start(struct lab *lab, struct err *err)
{
	lab->planes = memory_new((size_t)lab->config->nodes + 2, sizeof *lab->planes);
	lab->node_count = lab->config->nodes;
	for (int i = 1; i <= lab->config->nodes; i++) {
		char name[16];
		snprintf(name, sizeof name, "node-%d", i);
		lab->relist_phase_ns[i - 1] = clock_ns() - random_between(&lab->random, 0, TIMING_RELIST);
		int rc = add_node(lab, PLANE_NODE, name, err);
		if (rc < 0)
			return rc;
	}
	if (lab->config->via == LAB_VIA_POD)
		return add_node(lab, PLANE_DIRECT, "pods", err);
	if (lab->config->via == LAB_VIA_INGRESS) {
		plane_init(&lab->planes[lab->plane_count], lab, PLANE_INGRESS, "ingress", -1);
		return ingress_start(lab, err);
	}
	return 0;
}

void plane_stop(struct plane *p)
{
	later_close(&p->learn);
}

void plane_destroy(struct plane *p)
{
	for (int i = 0; i < p->lab->backend_count; i++)
		free(p->active[i]);
	free(p->active);
	free(p->known);
	free(p->queue);
}
