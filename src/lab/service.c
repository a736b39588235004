// SPDX-License-Identifier: Apache-2.0
/* service.c - Services and their EndpointSlices: which pods are behind a name, as the endpoint controller writes it.
 *
 * A pod that is being deleted is never ready in a slice; it stays there as terminating, serving or not as its readiness
 * probe goes on to say, until it is gone.
 */
#include "state.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool selects(const struct backend *b, const struct pod *p)
{
	return !strcmp(b->spec->namespace, p->deployment->namespace) &&
	       labels_match(&b->spec->selector, &p->deployment->pod.labels);
}

static struct slice slice_now(const struct lab *lab, const struct backend *b)
{
	struct slice s = {0};
	s.entries = memory_new((size_t)lab->pod_count, sizeof *s.entries);
	for (int i = 0; i < lab->pod_count; i++) {
		struct pod *p = lab->pods[i];
		if (!selects(b, p) || p->net == -1)
			continue;
		bool ready = p->ready || b->spec->publish_not_ready;
		if (ready)
			s.entries[s.count++] = (struct slice_entry){p, !p->deleted, p->deleted};
	}
	return s;
}

static const struct slice_entry *slice_find(const struct slice *s, const struct pod *p)
{
	for (int i = 0; i < s->count; i++)
		if (s->entries[i].pod == p)
			return &s->entries[i];
	return NULL;
}

static bool slice_equal(const struct slice *a, const struct slice *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (a->entries[i].pod != b->entries[i].pod || a->entries[i].ready != b->entries[i].ready)
			return false;
	return true;
}

static bool is_ready_in(const struct slice *s, const struct pod *p)
{
	const struct slice_entry *e = slice_find(s, p);
	return e && e->ready;
}

static void emit_changes(struct lab *lab, const struct slice *old, const struct slice *new)
{
	for (int i = 0; i < new->count; i++)
		if (new->entries[i].ready && !is_ready_in(old, new->entries[i].pod))
			lab_emit(lab, EVENT_ENDPOINT_ADDED, new->entries[i].pod, EVENT_NONE, 0, "%s", "");
	for (int i = 0; i < old->count; i++)
		if (old->entries[i].ready && !is_ready_in(new, old->entries[i].pod))
			lab_emit(lab, EVENT_ENDPOINT_REMOVED, old->entries[i].pod, EVENT_NONE, 0, "%s", "");
}

static void update(struct lab *lab, struct backend *b)
{
	static const struct slice nothing;
	struct slice now = slice_now(lab, b);
	const struct slice *last = b->slice_count ? &b->slices[b->slice_count - 1] : &nothing;
	if (slice_equal(last, &now)) {
		free(now.entries);
		return;
	}
	emit_changes(lab, last, &now);
	b->slices = memory_resize(b->slices, (size_t)b->slice_count + 1, sizeof *b->slices);
	b->slices[b->slice_count++] = now;
	for (int i = 0; i < lab->plane_count; i++)
		plane_tell(&lab->planes[i], b);
}

static void update_all(void *data)
{
	struct lab *lab = data;
	for (int i = 0; i < lab->backend_count; i++)
		update(lab, &lab->backends[i]);
}

void service_pod_changed(struct lab *lab, struct pod *p)
{
	if (!later_is_waiting(&lab->slices))
		later_start(&lab->slices, TIMING_SLICE);
}

int service_start(struct lab *lab, struct err *err)
{
	const struct manifest *m = lab->manifest;
	int id = 0;
	later_init(&lab->slices, lab->loop, update_all, lab);
	lab->backends = memory_new(m->service_count, sizeof *lab->backends);
	for (size_t i = 0; i < m->service_count; i++) {
		struct backend *b = &lab->backends[lab->backend_count++];
		*b = (struct backend){
			.spec = &m->services[i], .address = wire_address(10, 96, 0, 10 + (int)i), .first_port_id = id};
		id += (int)b->spec->port_count;
	}
	return 0;
}

void service_destroy(struct lab *lab)
{
	for (int i = 0; i < lab->backend_count; i++) {
		for (int k = 0; k < lab->backends[i].slice_count; k++)
			free(lab->backends[i].slices[k].entries);
		free(lab->backends[i].slices);
	}
	free(lab->backends);
	lab->backends = NULL;
	lab->backend_count = 0;
}

struct backend *service_find(struct lab *lab, const char *name, const char *namespace)
{
	for (int i = 0; i < lab->backend_count; i++)
		if (!strcmp(lab->backends[i].spec->name, name) && !strcmp(lab->backends[i].spec->namespace, namespace))
			return &lab->backends[i];
	return NULL;
}

struct backend *service_of_target(struct lab *lab)
{
	const struct deployment *d = lab->config->target;
	for (int i = 0; i < lab->backend_count; i++)
		if (!strcmp(lab->backends[i].spec->namespace, d->namespace) &&
		    labels_match(&lab->backends[i].spec->selector, &d->pod.labels))
			return &lab->backends[i];
	return NULL;
}
