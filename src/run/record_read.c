// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include "base/memory.h"
#include "fields.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define COUNT_MAX INT64_C(1000000000000)

struct reader {
	struct timeline *timeline; /* NULL before the first line */
	struct load_totals totals;
	bool has_ended;
};

static void read_targets(struct fields *f, struct run_facts *facts)
{
	const json_t *targets = fields_get(f, "targets");
	if (targets && (!json_is_array(targets) || json_array_size(targets) > LOAD_TARGETS_MAX)) {
		fields_wrong(f, "targets", "a list of names");
		return;
	}
	for (size_t i = 0; i < json_array_size(targets); i++) {
		const json_t *name = json_array_get(targets, i);
		if (!json_is_string(name) || json_string_length(name) >= sizeof facts->targets[0])
			fields_wrong(f, "targets", "a list of names");
		else
			snprintf(facts->targets[i], sizeof facts->targets[i], "%s", json_string_value(name));
	}
	facts->target_count = (int)json_array_size(targets);
}

static int read_facts(const json_t *object, struct run_facts *ret_facts, struct err *err)
{
	struct fields f = FIELDS_INIT(object, err);
	struct run_facts facts = {0};
	fields_text(&f, "deployment", facts.deployment, sizeof facts.deployment);
	fields_text(&f, "container", facts.container, sizeof facts.container);
	fields_number(&f, "port", 0, 65535, &facts.port);
	fields_number(&f, "replicas", 0, TIMELINE_PODS_MAX, &facts.replicas);
	fields_number(&f, "max_surge", 0, COUNT_MAX, &facts.max_surge);
	fields_number(&f, "max_unavailable", 0, COUNT_MAX, &facts.max_unavailable);
	fields_bool(&f, "recreate", &facts.recreate);
	fields_time(&f, "min_ready", &facts.min_ready_ns);
	fields_time(&f, "grace", &facts.grace_ns);
	fields_bool(&f, "has_pre_stop", &facts.has_pre_stop);
	fields_text(&f, "pre_stop", facts.pre_stop, sizeof facts.pre_stop);
	fields_time(&f, "pre_stop_sleep", &facts.pre_stop_sleep_ns);
	fields_bool(&f, "has_readiness", &facts.has_readiness);
	fields_text(&f, "readiness", facts.readiness, sizeof facts.readiness);
	fields_bool(&f, "has_liveness", &facts.has_liveness);
	fields_text(&f, "liveness", facts.liveness, sizeof facts.liveness);
	fields_bool(&f, "has_startup", &facts.has_startup);
	fields_text(&f, "request", facts.request, sizeof facts.request);
	fields_real(&f, "rate", 1e9, &facts.rate);
	fields_time(&f, "timeout", &facts.timeout_ns);
	fields_time(&f, "connect_timeout", &facts.connect_timeout_ns);
	read_targets(&f, &facts);
	int result = fields_end(&f);
	if (!result)
		*ret_facts = facts;
	return result;
}

static int read_meta(struct reader *r, const json_t *line, struct err *err)
{
	struct fields f = FIELDS_INIT(line, err);
	int64_t version = 0, wall = 0;
	char kind[16] = "", started[CLOCK_RFC3339_SIZE];
	fields_number(&f, "zerodrop", RECORD_VERSION, RECORD_VERSION, &version);
	fields_text(&f, "kind", kind, sizeof kind);
	if (!f.failed && (!version || strcmp(kind, "meta")))
		return err_input(err, "not the first line of a record ({\"zerodrop\":1,\"kind\":\"meta\",…})");
	fields_text(&f, "started", started, sizeof started); /* for people; the next one counts */
	fields_number(&f, "started_wall", INT64_MIN / 4, INT64_MAX / 4, &wall);
	const json_t *object = fields_get(&f, "facts");
	struct run_facts facts = {0};
	if (object && !json_is_object(object))
		fields_wrong(&f, "facts", "an object");
	int result = fields_end(&f);
	if (!result && object)
		result = read_facts(object, &facts, err);
	if (!result)
		r->timeline = timeline_create(&facts, 0, wall);
	return result;
}

static int read_pod(struct reader *r, struct fields *f)
{
	struct cluster_pod pod = {0};
	int64_t index = 0, node = 0, revision = 0;
	fields_need(f, "pod");
	fields_number(f, "pod", 0, TIMELINE_PODS_MAX - 1, &index);
	fields_text(f, "name", pod.name, sizeof pod.name);
	fields_text(f, "ip", pod.ip, sizeof pod.ip);
	fields_number(f, "node", 0, INT32_MAX, &node);
	fields_number(f, "revision", 0, INT32_MAX, &revision);
	int result = fields_end(f);
	if (result)
		return result;
	pod.node = (int)node;
	pod.revision = (int)revision;
	timeline_pod(r->timeline, (int)index, &pod);
	return 0;
}

static int read_plane(struct reader *r, struct fields *f)
{
	struct cluster_plane plane = {0};
	int64_t index = 0;
	char type[16] = "node";
	fields_need(f, "plane");
	fields_number(f, "plane", 0, TIMELINE_PLANES_MAX - 1, &index);
	fields_text(f, "type", type, sizeof type);
	fields_text(f, "name", plane.name, sizeof plane.name);
	if (!strcmp(type, "node"))
		plane.kind = PLANE_NODE;
	else if (!strcmp(type, "ingress"))
		plane.kind = PLANE_INGRESS;
	else if (!strcmp(type, "direct"))
		plane.kind = PLANE_DIRECT;
	else
		fields_wrong(f, "type", "node, ingress or direct");
	int result = fields_end(f);
	if (!result)
		timeline_plane(r->timeline, (int)index, &plane);
	return result;
}

/* The index of a pod that an earlier line described. */
static void read_index(struct fields *f, const char *name, int count, int *value)
{
	int64_t index = *value;
	fields_number(f, name, 0, count - 1, &index);
	*value = (int)index;
}

static int read_event(struct reader *r, struct fields *f)
{
	struct event e = {.pod = EVENT_NONE, .plane = EVENT_NONE};
	char name[32] = "";
	fields_need(f, "at");
	fields_need(f, "event");
	fields_time(f, "at", &e.at_ns);
	fields_text(f, "event", name, sizeof name);
	if (!f->failed && !event_parse(name, &e.kind))
		fields_wrong(f, "event", "the name of an event");
	read_index(f, "pod", r->timeline->pod_count, &e.pod);
	read_index(f, "plane", r->timeline->plane_count, &e.plane);
	fields_time(f, "value", &e.value);
	fields_text(f, "detail", e.detail, sizeof e.detail);
	int result = fields_end(f);
	if (!result)
		timeline_event(r->timeline, &e);
	return result;
}

static void read_failure_numbers(struct fields *f, struct outcome *o)
{
	int64_t connection = 0, served = 0, target = 0, local = 0, remote = 0, sent = 0, received = 0;
	fields_number(f, "connection", 0, INT64_MAX, &connection);
	fields_number(f, "served", 0, UINT32_MAX, &served);
	fields_number(f, "target", 0, UINT16_MAX, &target);
	fields_number(f, "local_port", 0, UINT16_MAX, &local);
	fields_number(f, "remote_port", 0, UINT16_MAX, &remote);
	fields_number(f, "sent", 0, INT64_MAX, &sent);
	fields_number(f, "received", 0, INT64_MAX, &received);
	o->connection = (uint64_t)connection;
	o->served = (uint32_t)served;
	o->target = (uint16_t)target;
	o->local_port = (uint16_t)local;
	o->remote_port = (uint16_t)remote;
	o->bytes_sent = (uint64_t)sent;
	o->bytes_received = (uint64_t)received;
}

/* A server may send any three digits, "084" too, and the record then says status/84: so wider than outcome_parse. */
static bool read_failure_name(const char *name, struct outcome *o)
{
	int length = 0;
	char again[OUTCOME_NAME_SIZE];
	if (sscanf(name, "status/%3d%n", &o->status, &length) == 1 && !name[length] && o->status >= 0) {
		o->kind = OUTCOME_STATUS;
		return !strcmp(outcome_name(o->kind, o->status, again), name);
	}
	return outcome_parse(name, &o->kind, &o->status) && o->kind != OUTCOME_OK;
}

static int read_failure(struct reader *r, struct fields *f)
{
	struct outcome o = {0};
	int pod = EVENT_NONE;
	int64_t status = 0;
	char name[OUTCOME_NAME_SIZE] = "";
	fields_need(f, "failure");
	fields_need(f, "started");
	fields_need(f, "ended");
	fields_text(f, "failure", name, sizeof name);
	if (!f->failed && !read_failure_name(name, &o))
		fields_wrong(f, "failure", "the name of a failure");
	read_index(f, "pod", r->timeline->pod_count, &pod);
	fields_time(f, "started", &o.started_ns);
	o.scheduled_ns = o.started_ns;
	fields_time(f, "scheduled", &o.scheduled_ns);
	fields_time(f, "ended", &o.ended_ns);
	fields_number(f, "status", 0, 999, &status);
	if (o.kind != OUTCOME_STATUS)
		o.status = (int)status;
	fields_time(f, "idle", &o.idle_ns);
	fields_time(f, "rtt", &o.rtt_ns);
	fields_bool(f, "fresh", &o.fresh);
	fields_text(f, "answered_by", o.pod, sizeof o.pod);
	fields_text(f, "upstream", o.upstream, sizeof o.upstream);
	read_failure_numbers(f, &o);
	int result = fields_end(f);
	if (!result)
		timeline_outcome(r->timeline, &o, pod);
	return result;
}

/* [[slot, count], …] into `h`. */
static void read_slots(struct fields *f, const char *name, struct histogram *h)
{
	const json_t *array = fields_get(f, name), *pair;
	size_t i;
	if (array && !json_is_array(array))
		fields_wrong(f, name, "a list of [slot, count]");
	json_array_foreach((json_t *)array, i, pair)
	{
		json_int_t slot = json_integer_value(json_array_get(pair, 0));
		json_int_t count = json_integer_value(json_array_get(pair, 1));
		if (json_array_size(pair) != 2 || slot < 0 || slot >= HISTOGRAM_BUCKETS || count < 1 ||
		    (uint64_t)count + h->buckets[slot] > UINT32_MAX) {
			fields_wrong(f, name, "a list of [slot, count]");
			return;
		}
		h->buckets[slot] += (uint64_t)count;
		h->count += (uint64_t)count;
	}
}

static bool read_answers_one(const struct reader *r, const json_t *numbers, struct bucket_pod *ret_pod)
{
	json_int_t pod = json_integer_value(json_array_get(numbers, 0));
	json_int_t ok = json_integer_value(json_array_get(numbers, 1));
	if (json_array_size(numbers) != 5 || !json_is_integer(json_array_get(numbers, 0)) || pod < 0 ||
	    pod >= r->timeline->pod_count || ok < 1 || ok > COUNT_MAX)
		return false;
	ret_pod->pod = (int)pod;
	ret_pod->ok = (uint64_t)ok;
	return fields_json_time(json_array_get(numbers, 2), &ret_pod->first_ok_ns) &&
	       fields_json_time(json_array_get(numbers, 3), &ret_pod->last_ok_ns) &&
	       fields_json_time(json_array_get(numbers, 4), &ret_pod->last_started_ns);
}

static void read_answers(const struct reader *r, struct fields *f, struct bucket *b)
{
	const json_t *array = fields_get(f, "pods"), *numbers;
	size_t i;
	if (!array)
		return;
	if (!json_is_array(array)) {
		fields_wrong(f, "pods", "a list");
		return;
	}
	b->pods = memory_new(json_array_size(array) + 1, sizeof *b->pods);
	json_array_foreach((json_t *)array, i, numbers)
	{
		if (!read_answers_one(r, numbers, &b->pods[b->pod_count])) {
			fields_wrong(f, "pods",
				     "a list of [pod, ok, first, last, last started] of pods described before");
			return;
		}
		b->pod_count++;
	}
}

static int read_bucket(struct reader *r, struct fields *f)
{
	struct bucket b = {0};
	int64_t ok = 0;
	auto_free struct histogram *h = memory_new(1, sizeof *h);
	fields_need(f, "at");
	fields_need(f, "ok");
	fields_time(f, "at", &b.start_ns);
	fields_number(f, "ok", 1, COUNT_MAX, &ok);
	fields_time(f, "sum", &b.sum_ns);
	fields_time(f, "max", &b.max_ns);
	fields_time(f, "longest", &b.longest_ns);
	read_slots(f, "latency", h);
	read_answers(r, f, &b);
	if (!f->failed && h->count > (uint64_t)ok)
		fields_wrong(f, "ok", "as many as there are latencies");
	int result = fields_end(f);
	b.ok = (uint64_t)ok;
	b.slots = bucket_slots(h, &b.slot_count);
	if (!result)
		timeline_bucket(r->timeline, &b);
	bucket_finish(&b);
	return result;
}

static int read_attribution(struct reader *r, struct fields *f)
{
	struct timeline *t = r->timeline;
	int64_t index = 0;
	int pod = EVENT_NONE;
	fields_need(f, "failure");
	fields_need(f, "pod");
	fields_number(f, "failure", 0, COUNT_MAX, &index);
	read_index(f, "pod", t->pod_count, &pod);
	if (!f->failed && (uint64_t)index >= t->failed)
		fields_wrong(f, "failure", "the number of a failure described before");
	int result = fields_end(f);
	if (!result && (size_t)index < t->failure_count)
		t->failures[index].pod = pod;
	return result;
}

static int read_end(struct reader *r, struct fields *f)
{
	struct load_totals *t = &r->totals;
	int64_t scheduled = 0, ok = 0, failed = 0, not_sent = 0, opened = 0, reused = 0, closed_idle = 0;
	fields_number(f, "scheduled", 0, COUNT_MAX, &scheduled);
	fields_number(f, "ok", 0, COUNT_MAX, &ok);
	fields_number(f, "failed", 0, COUNT_MAX, &failed);
	fields_number(f, "not_sent", 0, COUNT_MAX, &not_sent);
	fields_number(f, "opened", 0, COUNT_MAX, &opened);
	fields_number(f, "reused", 0, COUNT_MAX, &reused);
	fields_number(f, "closed_idle", 0, COUNT_MAX, &closed_idle);
	fields_time(f, "started", &t->started_ns);
	fields_time(f, "ended", &t->ended_ns);
	fields_time(f, "late_sum", &t->lateness.sum_ns);
	fields_time(f, "late_max", &t->lateness.max_ns);
	read_slots(f, "late", &t->lateness);
	t->scheduled = (uint64_t)scheduled;
	t->ok = (uint64_t)ok;
	t->failed = (uint64_t)failed;
	t->not_sent = (uint64_t)not_sent;
	t->connections_opened = (uint64_t)opened;
	t->connections_reused = (uint64_t)reused;
	t->connections_closed_idle = (uint64_t)closed_idle;
	int result = fields_end(f);
	r->has_ended = !result;
	return result;
}

static const struct line_kind {
	const char *name;
	int (*read)(struct reader *r, struct fields *f);
} line_kinds[] = {
	{"pod", read_pod},         {"plane", read_plane},   {"event", read_event},
	{"failure", read_failure}, {"bucket", read_bucket}, {"attribution", read_attribution},
	{"end", read_end},
};

static int read_line(struct reader *r, const json_t *line, struct err *err)
{
	if (!json_is_object(line))
		return err_input(err, "not an object");
	if (!r->timeline)
		return read_meta(r, line, err);
	if (r->has_ended)
		return err_input(err, "a line after the end");
	struct fields f = FIELDS_INIT(line, err);
	char kind[16] = "";
	fields_need(&f, "kind");
	fields_text(&f, "kind", kind, sizeof kind);
	for (size_t i = 0; i < sizeof line_kinds / sizeof *line_kinds; i++)
		if (!strcmp(line_kinds[i].name, kind))
			return line_kinds[i].read(r, &f);
	fields_wrong(&f, "kind", "a kind of line");
	return -EINVAL;
}

/* 1: a last line that was cut. */
static int read_text(struct reader *r, const char *data, size_t length, bool is_last, struct err *err)
{
	if (length > RECORD_LINE_MAX)
		return err_input(err, "longer than a line of a record can be");
	json_error_t problem;
	json_t *line = json_loadb(data, length, JSON_REJECT_DUPLICATES, &problem);
	if (!line && is_last && r->timeline)
		return 1;
	if (!line)
		return err_input(err, "column %d: %s", problem.column, problem.text);
	int result = read_line(r, line, err);
	json_decref(line);
	return result;
}

static int read_lines(struct reader *r, FILE *in, const char *name, int *ret_cut_line, struct err *err)
{
	char *data = NULL;
	size_t capacity = 0;
	int number = 0, result = 0;
	ssize_t length;
	while (!result && (length = getline(&data, &capacity, in)) >= 0) {
		number++;
		bool is_last = length == 0 || data[length - 1] != '\n';
		result = read_text(r, data, (size_t)length, is_last, err);
		if (result < 0)
			err_wrap(err, "%s:%d", name, number);
	}
	free(data);
	if (result == 1)
		*ret_cut_line = number;
	if (result >= 0 && ferror(in))
		return err_system(err, errno, "%s", name);
	return result < 0 ? result : 0;
}

int record_read_stream(FILE *in, const char *name, struct timeline **ret_timeline, struct err *err)
{
	struct reader *r = memory_new(1, sizeof *r); /* two histograms are much for a stack */
	int cut_line = 0;
	int result = read_lines(r, in, name, &cut_line, err);
	if (!result && !r->timeline)
		result = err_input(err, "%s:1: empty, not a record", name);
	if (!result) {
		timeline_attribute(r->timeline, NULL, NULL);
		timeline_finish(r->timeline, r->has_ended ? &r->totals : NULL);
		r->timeline->cut_line = cut_line;
		*ret_timeline = r->timeline;
	} else {
		timeline_destroy(r->timeline);
	}
	free(r);
	return result;
}

int record_read(const char *path, struct timeline **ret_timeline, struct err *err)
{
	if (!strcmp(path, "-"))
		return record_read_stream(stdin, "<stdin>", ret_timeline, err);
	FILE *in = fopen(path, "re");
	if (!in)
		return err_input(err, "%s: %s", path, strerror(errno));
	int result = record_read_stream(in, path, ret_timeline, err);
	(void)fclose(in);
	return result;
}
