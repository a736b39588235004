/* objects.h - the Kubernetes objects that a rehearsal needs, typed, with defaults filled in as the API server does.
 *
 * Everything belongs to the `struct manifest` that holds it and lives until manifest_destroy. Strings are never NULL
 * unless said. Each object keeps where it came from, so that any later message can name file:line:column.
 */
#ifndef MANIFEST_OBJECTS_H
#define MANIFEST_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
	const char *file; /* as the user named it; "<stdin>", or "kustomize DIR" */
	int line, column; /* from 1 */
};

/* A number, a percentage ("25%") or a name ("http"): Kubernetes' IntOrString. */
struct int_or_string {
	bool is_percent, is_name;
	int64_t number;   /* the number, or the percentage */
	const char *name; /* when is_name, else "" */
};

struct label {
	const char *key, *value;
};

struct labels {
	struct label *items;
	size_t count;
};

enum handler_kind { HANDLER_NONE = 0, HANDLER_EXEC, HANDLER_HTTP, HANDLER_TCP, HANDLER_GRPC, HANDLER_SLEEP };

struct handler {
	enum handler_kind kind;
	char **command;            /* exec; NULL-ended */
	const char *path;          /* http; "/" by default */
	struct int_or_string port; /* http, tcp, grpc */
	const char *host;          /* http, tcp; "" = the pod */
	bool https;
	char **headers; /* http; "Name: value", NULL-ended */
	int64_t sleep_s;
	struct place place;
};

struct probe { /* kind HANDLER_NONE: there is no such probe */
	struct handler handler;
	int64_t initial_delay_s, period_s, timeout_s, success_threshold, failure_threshold;
	int64_t grace_s; /* terminationGracePeriodSeconds of the probe; -1 = the pod's */
};

enum env_source { ENV_VALUE = 0, ENV_FIELD, ENV_OTHER }; /* other: ConfigMap, Secret, resource: named in `value` */

struct env {
	const char *name;
	enum env_source source;
	const char *value; /* the value; the fieldPath ("status.podIP"); or what was passed over */
	struct place place;
};

struct container_port {
	const char *name; /* "" unnamed */
	int64_t port;
	const char *protocol; /* "TCP" */
};

struct container {
	const char *name, *image; /* image may be "" */
	char **command, **args;   /* NULL-ended; `has_command` tells none from an empty list */
	bool has_command;
	const char *working_dir; /* "" = not given */
	struct env *env;
	size_t env_count;
	struct container_port *ports;
	size_t port_count;
	struct probe startup, readiness, liveness;
	struct handler pre_stop, post_start;
	bool is_sidecar; /* an init container with restartPolicy Always */
	struct place place;
};

struct pod_spec {
	struct container *containers;
	size_t container_count;
	struct container *init_containers;
	size_t init_container_count;
	int64_t grace_s; /* terminationGracePeriodSeconds, 30 */
	struct labels labels;
	struct labels annotations;
	struct place place;
};

enum strategy { STRATEGY_ROLLING = 0, STRATEGY_RECREATE };

struct deployment {
	const char *name, *namespace; /* "default" */
	int64_t replicas;
	enum strategy strategy;
	struct int_or_string max_surge, max_unavailable; /* 25 % each by default */
	int64_t min_ready_s;
	int64_t progress_deadline_s; /* 600 */
	struct labels selector;      /* matchLabels */
	struct pod_spec pod;
	struct place place;
};

struct service_port {
	const char *name;
	int64_t port;
	struct int_or_string target_port; /* = port by default */
	int64_t node_port;                /* 0 none */
	const char *protocol;
	struct place place;
};

struct service {
	const char *name, *namespace;
	const char *type; /* "ClusterIP" */
	struct labels selector;
	struct service_port *ports;
	size_t port_count;
	bool local_traffic_only; /* externalTrafficPolicy: Local */
	bool session_affinity;   /* ClientIP */
	bool publish_not_ready;  /* publishNotReadyAddresses */
	struct place place;
};

struct ingress_path {
	const char *host; /* "" = any */
	const char *path; /* "/" */
	bool exact;
	const char *service;
	struct int_or_string port;
	struct place place;
};

struct ingress {
	const char *name, *namespace;
	struct ingress_path *paths; /* rules flattened; a default backend is host "", path "/" at the end */
	size_t path_count;
	struct labels annotations;
	struct place place;
};

/* An object of a kind that a rehearsal does not use. */
struct passed_over {
	const char *kind, *name;
	struct place place;
};

struct manifest {
	struct deployment *deployments;
	size_t deployment_count;
	struct service *services;
	size_t service_count;
	struct ingress *ingresses;
	size_t ingress_count;
	struct passed_over *passed_over;
	size_t passed_over_count;
	/* Fields inside objects that are read by Kubernetes but mean nothing here and would change the result:
	 * one line each for people, "deployment.yaml:12:9: envFrom: …". NULL-ended, never NULL. */
	char **notes;
	size_t note_count;
	struct manifest_memory *memory;
};

bool labels_match(const struct labels *selector, const struct labels *labels); /* an empty selector matches nothing */
/* Pods out of a share of `replicas`: percentages round up or down. */
int64_t int_or_string_pods(const struct int_or_string *v, int64_t replicas, bool round_up);
/* A container port by number or name; 0 when the name is not there. */
int64_t pod_port(const struct pod_spec *pod, const struct int_or_string *port);

#endif
