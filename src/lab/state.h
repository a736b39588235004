/* state.h - what the lab's parts share. Inside this room only.
 *
 * Ownership: the lab owns everything; pods, planes and services live until lab_destroy, so pointers to them stay good.
 * Parts tell each other of changes by the functions at the end, never by looking over each other's shoulder.
 */
#ifndef LAB_STATE_H
#define LAB_STATE_H

#include "base/random.h"
#include "lab.h"
#include "later.h"
#include "prober.h"
#include "process.h"
#include "rolling.h"
#include "sync.h"
#include "timing.h"

struct controller;
struct pod;

/* ---- pods and their containers: the kubelet's side ---- */

struct container_state {
	struct pod *pod;
	const struct container *spec;
	struct process *process; /* NULL: not running */
	int log;
	int64_t started_ns;
	bool noticed; /* the kubelet's last relist has seen it run */
	bool started; /* no startup probe, or it has succeeded */
	bool ready;
	bool completed; /* an init container that is done */
	int restarts;
	int64_t backoff_ns;
	struct later restart;
	struct prober startup, readiness, liveness;

	/* its end */
	bool ending;
	int64_t ending_ns, grace_ns;
	struct process *hook;
	struct check *hook_check;
	struct later hook_limit, hook_sleep, kill;
	int64_t hook_started_ns;
	bool term_sent, kill_sent;
	bool restart_after; /* killed by a probe: to be started again */
};

enum pod_phase { POD_PENDING = 0, POD_INIT, POD_RUNNING, POD_GONE };

struct pod {
	struct lab *lab;
	struct controller *owner;
	const struct deployment *deployment;
	int index;
	struct cluster_pod info;
	uint32_t address;
	int net, uts; /* -1 once the sandbox is gone */
	char hosts[96];
	enum pod_phase phase;
	struct container_state *containers; /* init containers (sidecars among them) first, then the others */
	int container_count, init_count;
	bool ready, available, deleted;
	int64_t ready_ns, deleted_ns;
	struct later schedule, notice, relist, teardown, gone, become_available;
};

struct pod *pod_create(struct lab *lab, struct controller *owner, int revision);
void pod_delete(struct pod *p);
void pod_stop(struct pod *p); /* ends what runs, closes handles; freed by the lab when the loop has none left */

/* container.c */
void container_init(struct container_state *c, struct pod *p, const struct container *spec);
void container_start(struct container_state *c);
void container_notice(struct container_state *c); /* the relist has come */
void container_stop(struct container_state *c);
bool container_is_main(const struct container_state *c);
/* Runs a command inside; NULL when that cannot be. */
struct process *container_execute(struct container_state *c, char *const *command, process_exited *exited, void *data,
				  struct err *err);

/* ending.c */
void ending_init(struct container_state *c);
void container_end(struct container_state *c, int64_t grace_ns); /* preStop, TERM, KILL; once */
void ending_stop(struct container_state *c);                     /* it has ended: nothing more is to come */
void ending_close(struct container_state *c);
void pod_container_changed(struct pod *p);
void pod_container_exited(struct pod *p, struct container_state *c);

/* ---- Services and data planes ---- */

struct slice_entry {
	struct pod *pod;
	bool ready, terminating_serving;
};

struct slice {
	struct slice_entry *entries;
	int count;
};

struct backend { /* one per Service */
	const struct service *spec;
	uint32_t address;
	int first_port_id;    /* of its service ports in rules: consecutive */
	struct slice *slices; /* its history, oldest first: data planes lag behind by their own time */
	int slice_count;
};

struct news { /* what a plane has yet to learn */
	struct backend *backend;
	int slice;
	int64_t due_ns;
};

struct plane {
	struct lab *lab;
	int index;
	struct cluster_plane info;
	int node; /* in wire; -1 for the ingress */
	int64_t lag_low_ns, lag_high_ns;
	struct random random;
	struct sync sync;
	struct news *queue;
	int queue_count;
	int64_t last_due_ns;
	struct later learn;
	int *known;           /* by backend: index of the slice that it works with, -1 none */
	struct pod ***active; /* by backend: the pods it sends to, NULL-ended */
};

int service_start(struct lab *lab, struct err *err) __attribute__((warn_unused_result));
void service_pod_changed(struct lab *lab, struct pod *p); /* readiness or deletion: slices follow after a while */
void service_destroy(struct lab *lab);
struct backend *service_find(struct lab *lab, const char *name, const char *namespace);
/* The first Service that selects the target Deployment, or NULL. */
struct backend *service_of_target(struct lab *lab);

int plane_start(struct lab *lab, struct err *err) __attribute__((warn_unused_result));
void plane_tell(struct plane *p, struct backend *b); /* there is a new slice */
bool plane_is_up_to_date(const struct plane *p);
void plane_stop(struct plane *p);
void plane_destroy(struct plane *p);

struct ingress_server;
int ingress_start(struct lab *lab, struct err *err) __attribute__((warn_unused_result));
/* Writes nginx' configuration for what the ingress plane knows, and makes it use it. */
int ingress_apply(struct lab *lab, struct err *err) __attribute__((warn_unused_result));
bool ingress_is_up(const struct ingress_server *s); /* or there is none */
void ingress_stop(struct ingress_server *s);        /* NULL is fine, also below */
void ingress_destroy(struct ingress_server *s);
int ingress_targets(struct lab *lab, struct load_config *load, struct err *err) __attribute__((warn_unused_result));

/* ---- Deployments ---- */

struct controller {
	struct lab *lab;
	const struct deployment *deployment;
	struct rolling rolling;
	int revision;
	bool complete, settled, was_ready;
	struct later sync, deadline;
	int64_t seen_created, seen_available; /* for the progress deadline */
};

void controller_init(struct controller *c, struct lab *lab, const struct deployment *d);
void controller_roll(struct controller *c);        /* a new template */
void controller_pod_changed(struct controller *c); /* acts after a while */
void controller_stop(struct controller *c);

/* ---- the lab ---- */

struct lab {
	uv_loop_t *loop;
	const struct manifest *manifest;
	const struct lab_config *config;
	struct cluster cluster;
	struct cluster_sink sink;
	/* One stream for each use: what happens when must not change what is drawn for another. */
	struct random random, names, victims;
	struct wire wire;
	int node_count; /* of real nodes: the first ones of the wire's */
	int64_t relist_phase_ns[WIRE_NODES_MAX];
	char folder[64]; /* for hosts files and the ingress, in a tmpfs of our own */
	struct pod **pods;
	int pod_count;
	struct controller *controllers;
	int controller_count;
	struct controller *target;
	struct backend *backends;
	int backend_count;
	struct plane *planes;
	int plane_count;
	struct later slices; /* the endpoint controller's batch */
	struct ingress_server *ingress;
	int *connection_pods; /* by the load's connection number: index + 1, 0 unknown */
	size_t connection_count;
	char host_header[256];
	bool was_ready, failed;
};

__attribute__((format(printf, 6, 7))) void lab_emit(struct lab *lab, enum event_kind kind, const struct pod *pod,
						    int plane, int64_t value, const char *format, ...);
void lab_fail(struct lab *lab, const struct err *err);
/* Looks whether the first revision serves everywhere by now. */
void lab_check_ready(struct lab *lab);

/* command.c: what to run for a container, in its pod. NULL-ended, words_free. */
char **command_argv(const struct lab *lab, const struct pod *p, const struct container *c);
char **command_environment(const struct pod *p, const struct container *c);
/* The command of a hook or an exec probe. */
char **command_expand(const struct pod *p, const struct container *c, char *const *words);
int command_check(const struct lab_config *config, const struct container *c, struct err *err)
	__attribute__((warn_unused_result));

#endif
