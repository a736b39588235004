// SPDX-License-Identifier: Apache-2.0
#include "probe.h"

#include "handler.h"
#include "levels.h"

struct probe_fields {
	struct handler_nodes handler;
	int64_t initialDelaySeconds, periodSeconds, timeoutSeconds, successThreshold, failureThreshold;
	int64_t terminationGracePeriodSeconds;
};

#define PROBE_NUMBER(member)                                                                                           \
	{                                                                                                              \
		FIELD_NUMBER, FIELD_AT(struct probe_fields, member), .high = INT32_MAX                                 \
	}

static const struct field probe_fields[] = {
	{FIELD_NODE, .name = "exec", .offset = offsetof(struct probe_fields, handler.exec)},
	{FIELD_NODE, .name = "httpGet", .offset = offsetof(struct probe_fields, handler.httpGet)},
	{FIELD_NODE, .name = "tcpSocket", .offset = offsetof(struct probe_fields, handler.tcpSocket)},
	{FIELD_NODE, .name = "grpc", .offset = offsetof(struct probe_fields, handler.grpc)},
	PROBE_NUMBER(initialDelaySeconds),
	PROBE_NUMBER(periodSeconds),
	PROBE_NUMBER(timeoutSeconds),
	PROBE_NUMBER(successThreshold),
	PROBE_NUMBER(failureThreshold),
	{FIELD_NUMBER, FIELD_AT(struct probe_fields, terminationGracePeriodSeconds), .low = 1, .high = INT32_MAX},
	{0},
};
const struct level level_probe = {.what = "a probe", .fields = probe_fields};

static const struct field hook_fields[] = {
	{FIELD_NODE, FIELD_AT(struct handler_nodes, exec)},
	{FIELD_NODE, FIELD_AT(struct handler_nodes, httpGet)},
	{FIELD_NODE, FIELD_AT(struct handler_nodes, tcpSocket)},
	{FIELD_NODE, FIELD_AT(struct handler_nodes, sleep)},
	{0},
};
static const struct level hook_level = {.what = "a hook", .fields = hook_fields};

struct lifecycle_fields {
	const struct node *postStart, *preStop;
};

static const struct field lifecycle_fields[] = {
	{FIELD_NODE, FIELD_AT(struct lifecycle_fields, postStart)},
	{FIELD_NODE, FIELD_AT(struct lifecycle_fields, preStop)},
	{FIELD_NOTED, .name = "stopSignal", .note = "TERM is sent instead"},
	{0},
};
static const struct level lifecycle_level = {.what = "lifecycle", .fields = lifecycle_fields};

/* What the API server allows of one probe and not of another. */
static int probe_check(struct reader *r, const struct node *n, enum probe_kind kind, const struct probe *p)
{
	static const char *const names[] = {"startupProbe", "readinessProbe", "livenessProbe"};
	if (p->handler.kind == HANDLER_NONE)
		return fields_fail(r, n, "%s needs a handler (httpGet, tcpSocket, exec or grpc)", names[kind]);
	if (kind != PROBE_READINESS && p->success_threshold != 1)
		return fields_fail(r, node_find(n, "successThreshold"), "successThreshold: expected 1, as %s requires",
				   names[kind]);
	if (kind == PROBE_READINESS && p->grace_s != -1)
		return fields_fail(r, node_find(n, "terminationGracePeriodSeconds"),
				   "terminationGracePeriodSeconds: a readinessProbe ends nothing and takes none");
	return 0;
}

int probe_read(struct reader *r, const struct node *n, enum probe_kind kind, struct probe *ret_probe)
{
	handler_init(&ret_probe->handler);
	ret_probe->grace_s = -1;
	if (!n)
		return 0;
	struct probe_fields in = {.terminationGracePeriodSeconds = -1};
	int rc = fields_read(r, n, &level_probe, &in);
	if (rc == 0)
		rc = handler_read(r, n, "a probe", &in.handler, &ret_probe->handler);
	if (rc < 0)
		return rc;
	/* 0 is what Go writes for "not given": the API server fills it in. */
	ret_probe->initial_delay_s = in.initialDelaySeconds;
	ret_probe->period_s = in.periodSeconds ? in.periodSeconds : 10;
	ret_probe->timeout_s = in.timeoutSeconds ? in.timeoutSeconds : 1;
	ret_probe->success_threshold = in.successThreshold ? in.successThreshold : 1;
	ret_probe->failure_threshold = in.failureThreshold ? in.failureThreshold : 3;
	ret_probe->grace_s = in.terminationGracePeriodSeconds;
	return probe_check(r, n, kind, ret_probe);
}

static int hook_read(struct reader *r, const struct node *n, const char *what, struct handler *h)
{
	handler_init(h);
	if (!n)
		return 0;
	struct handler_nodes in = {0};
	int rc = fields_read(r, n, &hook_level, &in);
	if (rc == 0)
		rc = handler_read(r, n, what, &in, h);
	if (rc == 0 && h->kind == HANDLER_NONE)
		return fields_fail(r, n, "%s needs a handler (exec, httpGet or sleep)", what);
	return rc;
}

int lifecycle_read(struct reader *r, const struct node *n, struct handler *ret_post_start, struct handler *ret_pre_stop)
{
	struct lifecycle_fields in = {0};
	int rc = n ? fields_read(r, n, &lifecycle_level, &in) : 0;
	if (rc == 0)
		rc = hook_read(r, in.postStart, "postStart", ret_post_start);
	if (rc == 0)
		rc = hook_read(r, in.preStop, "preStop", ret_pre_stop);
	return rc;
}
