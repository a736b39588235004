// SPDX-License-Identifier: Apache-2.0
/* pod.c - one pod: its sandbox (network, host name), its containers in their order, its conditions, its end.
 *
 * created ─▶ init containers, one after another ─▶ containers ─▶ Ready … deleted ─▶ every container's end ─▶ sandbox
 * gone
 *
 * A kubelet looks at its containers once a second (PLEG): what has begun to run counts from that look on.
 */
#include "state.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the sandbox ---- */

static int sandbox_uts(struct pod *p, struct err *err)
{
	auto_close int own = open("/proc/thread-self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (own == -1 || unshare(CLONE_NEWUTS) == -1)
		return err_system(err, errno, "cannot create a host name namespace");
	int rc = 0;
	p->uts = open("/proc/thread-self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (p->uts == -1 || sethostname(p->info.name, strnlen(p->info.name, 63)) == -1)
		rc = err_system(err, errno, "cannot name the host %s", p->info.name);
	if (setns(own, CLONE_NEWUTS) == -1)
		rc = err_system(err, errno, "cannot leave a host name namespace");
	return rc;
}

static int sandbox_hosts(struct pod *p, struct err *err)
{
	const struct lab *lab = p->lab;
	snprintf(p->hosts, sizeof p->hosts, "%s/hosts-%d", lab->folder, p->index);
	FILE *f = fopen(p->hosts, "we");
	if (!f)
		return err_system(err, errno, "cannot write %s", p->hosts);
	fprintf(f, "127.0.0.1 localhost\n%s %s\n", p->info.ip, p->info.name);
	for (int i = 0; i < lab->backend_count; i++) {
		const struct backend *b = &lab->backends[i];
		fprintf(f, "%s %s %s.%s %s.%s.svc %s.%s.svc.cluster.local\n", inet_ntoa((struct in_addr){b->address}),
			b->spec->name, b->spec->name, b->spec->namespace, b->spec->name, b->spec->namespace,
			b->spec->name, b->spec->namespace);
	}
	fclose(f);
	return 0;
}

static int sandbox_create(struct pod *p, struct err *err)
{
	int rc = netns_create(&p->net, err);
	if (rc == 0)
		rc = sandbox_uts(p, err);
	if (rc == 0)
		rc = wire_plug_pod(&p->lab->wire, p->info.node - 1, p->net, &p->address, err);
	if (rc < 0)
		return rc;
	snprintf(p->info.ip, sizeof p->info.ip, "%s", inet_ntoa((struct in_addr){p->address}));
	return sandbox_hosts(p, err);
}

static void sandbox_remove(struct pod *p)
{
	if (p->net == -1)
		return;
	/* At worst the route is gone already. */
	(void)!wire_unplug_pod(&p->lab->wire, p->info.node - 1, p->address, NULL);
	fd_close(&p->net);
	fd_close(&p->uts);
	(void)unlink(p->hosts);
}

/* ---- conditions ---- */

static void become_available(void *data)
{
	struct pod *p = data;
	if (!p->ready || p->deleted)
		return;
	p->available = true;
	lab_emit(p->lab, EVENT_POD_AVAILABLE, p, EVENT_NONE, 0, "%s", "");
	controller_pod_changed(p->owner);
}

void pod_container_changed(struct pod *p)
{
	bool ready = p->phase == POD_RUNNING;
	for (int i = 0; i < p->container_count; i++) {
		const struct container_state *c = &p->containers[i];
		if (container_is_main(c) || c->spec->is_sidecar)
			ready = ready && c->process && c->started && c->ready;
	}
	if (ready == p->ready)
		return;
	p->ready = ready;
	lab_emit(p->lab, ready ? EVENT_POD_READY : EVENT_POD_UNREADY, p, EVENT_NONE, 0, "%s", "");
	later_stop(&p->become_available);
	if (ready) {
		p->ready_ns = clock_ns();
		if (p->deployment->min_ready_s)
			later_start(&p->become_available, p->deployment->min_ready_s * NS_PER_S);
		else
			become_available(p);
	} else {
		p->available = false;
	}
	service_pod_changed(p->lab, p);
	controller_pod_changed(p->owner);
}

/* Until the next look of this node's kubelet, which looks at all its pods at once. */
static int64_t until_relist(const struct pod *p)
{
	int64_t since = (clock_ns() - p->lab->relist_phase_ns[p->info.node - 1]) % TIMING_RELIST;
	return TIMING_RELIST - since;
}

static void relist(void *data)
{
	struct pod *p = data;
	later_start(&p->relist, until_relist(p));
	for (int i = 0; i < p->container_count; i++)
		container_notice(&p->containers[i]);
	pod_container_changed(p);
}

/* ---- starting ---- */

/* Starts what may start now: init containers one after another (sidecars stay and let the next one start), then all. */
static void start_next(struct pod *p)
{
	p->phase = POD_INIT;
	for (int i = 0; i < p->init_count; i++) {
		struct container_state *c = &p->containers[i];
		if (c->completed)
			continue;
		if (!c->process)
			container_start(c);
		if (!c->spec->is_sidecar)
			return;
	}
	p->phase = POD_RUNNING;
	for (int i = p->init_count; i < p->container_count; i++)
		if (!p->containers[i].process)
			container_start(&p->containers[i]);
	lab_emit(p->lab, EVENT_POD_STARTED, p, EVENT_NONE, 0, "%s", "");
	later_start(&p->relist, until_relist(p));
}

static void scheduled(void *data)
{
	struct pod *p = data;
	struct err err = {0};
	if (sandbox_create(p, &err) < 0)
		return lab_fail(p->lab, &err);
	if (p->lab->sink.pod)
		p->lab->sink.pod(p->index, &p->info, p->lab->sink.data);
	start_next(p);
}

/* ---- the end ---- */

static void gone(void *data)
{
	struct pod *p = data;
	p->phase = POD_GONE;
	lab_emit(p->lab, EVENT_POD_GONE, p, EVENT_NONE, 0, "%s", "");
	controller_pod_changed(p->owner);
}

static void teardown(void *data)
{
	struct pod *p = data;
	sandbox_remove(p);
	/* The object goes when the kubelet's next look finds nothing left. */
	later_start(&p->gone, until_relist(p));
}

static bool any_running(const struct pod *p, bool sidecars)
{
	for (int i = 0; i < p->container_count; i++)
		if (p->containers[i].process && p->containers[i].spec->is_sidecar == sidecars)
			return true;
	return false;
}

/* Sidecars end after the others, the last one first. */
static void end_next(struct pod *p)
{
	int64_t left = p->deployment->pod.grace_s * NS_PER_S - (clock_ns() - p->deleted_ns);
	if (any_running(p, false))
		return;
	for (int i = p->init_count - 1; i >= 0; i--) {
		if (p->containers[i].process) {
			container_end(&p->containers[i], left > 0 ? left : 0);
			return;
		}
	}
	later_stop(&p->relist);
	later_start(&p->teardown, TIMING_TEARDOWN);
}

static void notice_deletion(void *data)
{
	struct pod *p = data;
	later_stop(&p->schedule);
	if (p->phase == POD_PENDING)
		return gone(p);
	for (int i = 0; i < p->container_count; i++)
		if (!p->containers[i].spec->is_sidecar)
			container_end(&p->containers[i], p->deployment->pod.grace_s * NS_PER_S);
	end_next(p);
}

void pod_container_exited(struct pod *p, struct container_state *c)
{
	if (p->deleted)
		end_next(p);
	else if (c->completed)
		start_next(p);
	/* What crashes is noticed at the next relist; a pod that is being deleted is no longer looked at so closely. */
	if (p->deleted)
		pod_container_changed(p);
}

void pod_delete(struct pod *p)
{
	if (p->deleted)
		return;
	p->deleted = true;
	p->available = false;
	p->deleted_ns = clock_ns();
	later_stop(&p->become_available);
	lab_emit(p->lab, EVENT_POD_DELETED, p, EVENT_NONE, p->deployment->pod.grace_s * NS_PER_S, "%s", "");
	later_start(&p->notice, TIMING_DELETION);
	service_pod_changed(p->lab, p);
	controller_pod_changed(p->owner);
}

/* ---- life and name ---- */

/* The alphabet of Kubernetes' names: no vowels, nothing that looks like another letter. */
static void name_letters(uint64_t bits, char *out, int count)
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
	for (int i = 0; i < count; i++, bits /= sizeof alphabet - 1)
		out[i] = alphabet[bits % (sizeof alphabet - 1)];
	out[count] = '\0';
}

static void name_pod(struct pod *p, int revision)
{
	char hash[11], suffix[6];
	struct random template = {p->lab->config->seed * 31 + (uint64_t)revision};
	for (const char *c = p->deployment->name; *c; c++)
		template.state = template.state * 131 + (unsigned char)*c;
	name_letters(random_next(&template), hash, 10);
	name_letters(random_next(&p->lab->names), suffix, 5);
	snprintf(p->info.name, sizeof p->info.name, "%.40s-%s-%s", p->deployment->name, hash, suffix);
}

/* The node with the fewest pods that are not being deleted, as a scheduler spreads them. */
static int choose_node(const struct lab *lab)
{
	int counts[WIRE_NODES_MAX] = {0}, best = 0;
	for (int i = 0; i < lab->pod_count; i++)
		if (!lab->pods[i]->deleted)
			counts[lab->pods[i]->info.node - 1]++;
	for (int i = 1; i < lab->node_count; i++)
		if (counts[i] < counts[best])
			best = i;
	return best + 1;
}

struct pod *pod_create(struct lab *lab, struct controller *owner, int revision)
{
	const struct pod_spec *spec = &owner->deployment->pod;
	struct pod *p = memory_new(1, sizeof *p);
	*p = (struct pod){.lab = lab, .owner = owner, .deployment = owner->deployment, .net = -1, .uts = -1};
	p->index = lab->pod_count;
	p->info.revision = revision;
	p->info.node = choose_node(lab);
	name_pod(p, revision);
	lab->pods = memory_resize(lab->pods, (size_t)lab->pod_count + 1, sizeof(struct pod *));
	lab->pods[lab->pod_count++] = p;
	p->init_count = (int)spec->init_container_count;
	p->container_count = p->init_count + (int)spec->container_count;
	p->containers = memory_new((size_t)p->container_count, sizeof *p->containers);
	for (int i = 0; i < p->container_count; i++)
		container_init(&p->containers[i], p,
			       i < p->init_count ? &spec->init_containers[i] : &spec->containers[i - p->init_count]);
	later_init(&p->schedule, lab->loop, scheduled, p);
	later_init(&p->notice, lab->loop, notice_deletion, p);
	later_init(&p->relist, lab->loop, relist, p);
	later_init(&p->teardown, lab->loop, teardown, p);
	later_init(&p->gone, lab->loop, gone, p);
	later_init(&p->become_available, lab->loop, become_available, p);
	if (lab->sink.pod)
		lab->sink.pod(p->index, &p->info, lab->sink.data);
	lab_emit(lab, EVENT_POD_CREATED, p, EVENT_NONE, 0, "%s", "");
	later_start(&p->schedule, TIMING_START);
	return p;
}

void pod_stop(struct pod *p)
{
	for (int i = 0; i < p->container_count; i++)
		container_stop(&p->containers[i]);
	struct later *const timers[] = {&p->schedule, &p->notice, &p->relist,
					&p->teardown, &p->gone,   &p->become_available};
	for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
		later_close(timers[i]);
	fd_close(&p->net);
	fd_close(&p->uts);
}
