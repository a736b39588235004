// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_GATHERED_MAX (256 * 1024 * 1024) /* a disk that stands still must not take all memory */

struct record {
	FILE *file;
	char *path;
	bool is_borrowed; /* the file */
	off_t length;     /* of the whole lines in the file */
	int64_t start_ns;
	struct text gathered;
	bool lost_lines;
};

/* What a peer or a hook wrote may be any bytes; JSON takes only UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *string = json_string(text);
	if (string)
		return string;
	auto_free char *plain = memory_copy(text);
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(plain);
}

/* Fields that say nothing are left out, so that a line stays short. */
static void put_text(json_t *o, const char *name, const char *text)
{
	if (*text)
		json_object_set_new(o, name, text_json(text));
}

static void put_number(json_t *o, const char *name, int64_t value)
{
	if (value)
		json_object_set_new(o, name, json_integer(value));
}

static void put_flag(json_t *o, const char *name, bool value)
{
	if (value)
		json_object_set_new(o, name, json_true());
}

static void put_index(json_t *o, const char *name, int index)
{
	if (index != EVENT_NONE)
		json_object_set_new(o, name, json_integer(index));
}

static int record_append(const char *data, size_t length, void *r)
{
	text_append(&((struct record *)r)->gathered, data, length);
	return 0;
}

/* Takes over `line`. */
static void record_line(struct record *r, json_t *line)
{
	size_t before = r->gathered.length;
	json_dump_callback(line, record_append, r, JSON_COMPACT);
	text_append(&r->gathered, "\n", 1);
	json_decref(line);
	if (r->gathered.truncated) { /* half a line would make the rest unreadable */
		r->gathered.length = before;
		r->gathered.data[before] = '\0';
		r->lost_lines = true;
		r->gathered.truncated = false;
	}
}

static json_t *line_new(const char *kind)
{
	json_t *line = json_object();
	json_object_set_new(line, "kind", json_string(kind));
	return line;
}

static json_t *targets_json(const struct run_facts *f)
{
	json_t *targets = json_array();
	for (int i = 0; i < f->target_count; i++)
		json_array_append_new(targets, text_json(f->targets[i]));
	return targets;
}

static json_t *facts_json(const struct run_facts *f)
{
	json_t *o = json_object();
	put_text(o, "deployment", f->deployment);
	put_text(o, "container", f->container);
	put_number(o, "port", f->port);
	put_number(o, "replicas", f->replicas);
	put_number(o, "max_surge", f->max_surge);
	put_number(o, "max_unavailable", f->max_unavailable);
	put_flag(o, "recreate", f->recreate);
	put_number(o, "min_ready", f->min_ready_ns);
	put_number(o, "grace", f->grace_ns);
	put_flag(o, "has_pre_stop", f->has_pre_stop);
	put_text(o, "pre_stop", f->pre_stop);
	put_number(o, "pre_stop_sleep", f->pre_stop_sleep_ns);
	put_flag(o, "has_readiness", f->has_readiness);
	put_text(o, "readiness", f->readiness);
	put_flag(o, "has_liveness", f->has_liveness);
	put_text(o, "liveness", f->liveness);
	put_flag(o, "has_startup", f->has_startup);
	put_text(o, "request", f->request);
	if (f->rate > 0)
		json_object_set_new(o, "rate", json_real(f->rate));
	put_number(o, "timeout", f->timeout_ns);
	put_number(o, "connect_timeout", f->connect_timeout_ns);
	if (f->target_count)
		json_object_set_new(o, "targets", targets_json(f));
	return o;
}

static void record_meta(struct record *r, const struct run_facts *facts, int64_t start_wall_ns)
{
	char started[CLOCK_RFC3339_SIZE];
	clock_rfc3339(start_wall_ns, started);
	json_t *line = json_object();
	json_object_set_new(line, "zerodrop", json_integer(RECORD_VERSION));
	json_object_set_new(line, "kind", json_string("meta"));
	json_object_set_new(line, "started", json_string(started));
	json_object_set_new(line, "started_wall", json_integer(start_wall_ns));
	json_object_set_new(line, "facts", facts_json(facts));
	record_line(r, line);
}

void record_pod(struct record *r, int index, const struct cluster_pod *pod)
{
	json_t *line = line_new("pod");
	json_object_set_new(line, "pod", json_integer(index));
	put_text(line, "name", pod->name);
	put_text(line, "ip", pod->ip);
	put_number(line, "node", pod->node);
	put_number(line, "revision", pod->revision);
	record_line(r, line);
}

void record_plane(struct record *r, int index, const struct cluster_plane *plane)
{
	static const char *const types[] = {"node", "ingress", "direct"};
	json_t *line = line_new("plane");
	json_object_set_new(line, "plane", json_integer(index));
	json_object_set_new(line, "type", json_string(types[plane->kind]));
	put_text(line, "name", plane->name);
	record_line(r, line);
}

void record_event(struct record *r, const struct event *event)
{
	json_t *line = line_new("event");
	json_object_set_new(line, "at", json_integer(event->at_ns - r->start_ns));
	json_object_set_new(line, "event", json_string(event_name(event->kind)));
	put_index(line, "pod", event->pod);
	put_index(line, "plane", event->plane);
	put_number(line, "value", event->value);
	put_text(line, "detail", event->detail);
	record_line(r, line);
}

void record_failure(struct record *r, const struct failure *f)
{
	const struct outcome *o = &f->outcome;
	char name[OUTCOME_NAME_SIZE];
	json_t *line = line_new("failure");
	json_object_set_new(line, "failure", json_string(outcome_name(o->kind, o->status, name)));
	put_index(line, "pod", f->pod);
	if (o->scheduled_ns != o->started_ns)
		json_object_set_new(line, "scheduled", json_integer(o->scheduled_ns - r->start_ns));
	json_object_set_new(line, "started", json_integer(o->started_ns - r->start_ns));
	json_object_set_new(line, "ended", json_integer(o->ended_ns - r->start_ns));
	if (o->kind != OUTCOME_STATUS)
		put_number(line, "status", o->status);
	put_number(line, "connection", (int64_t)o->connection);
	put_number(line, "served", o->served);
	put_number(line, "idle", o->idle_ns);
	put_number(line, "rtt", o->rtt_ns);
	put_flag(line, "fresh", o->fresh);
	put_number(line, "target", o->target);
	put_number(line, "local_port", o->local_port);
	put_number(line, "remote_port", o->remote_port);
	put_number(line, "sent", (int64_t)o->bytes_sent);
	put_number(line, "received", (int64_t)o->bytes_received);
	put_text(line, "answered_by", o->pod);
	put_text(line, "upstream", o->upstream);
	record_line(r, line);
}

static json_t *slots_json(const struct bucket_slot *slots, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array,
				      json_pack("[I, I]", (json_int_t)slots[i].slot, (json_int_t)slots[i].count));
	return array;
}

static json_t *answers_json(const struct bucket *b, int64_t start_ns)
{
	json_t *array = json_array();
	for (size_t i = 0; i < b->pod_count; i++) {
		const struct bucket_pod *p = &b->pods[i];
		json_t *answers =
			json_pack("[i, I, I, I, I]", p->pod, (json_int_t)p->ok, (json_int_t)(p->first_ok_ns - start_ns),
				  (json_int_t)(p->last_ok_ns - start_ns), (json_int_t)(p->last_started_ns - start_ns));
		json_array_append_new(array, answers);
	}
	return array;
}

void record_bucket(struct record *r, const struct bucket *b)
{
	json_t *line = line_new("bucket");
	json_object_set_new(line, "at", json_integer(b->start_ns - r->start_ns));
	json_object_set_new(line, "ok", json_integer((json_int_t)b->ok));
	put_number(line, "sum", b->sum_ns);
	put_number(line, "max", b->max_ns);
	put_number(line, "longest", b->longest_ns);
	if (b->slot_count)
		json_object_set_new(line, "latency", slots_json(b->slots, b->slot_count));
	if (b->pod_count)
		json_object_set_new(line, "pods", answers_json(b, r->start_ns));
	record_line(r, line);
}

void record_attribution(struct record *r, size_t index, int pod)
{
	json_t *line = line_new("attribution");
	json_object_set_new(line, "failure", json_integer((json_int_t)index));
	json_object_set_new(line, "pod", json_integer(pod));
	record_line(r, line);
}

void record_end(struct record *r, const struct load_totals *totals)
{
	size_t count;
	auto_free struct bucket_slot *late = bucket_slots(&totals->lateness, &count);
	json_t *line = line_new("end");
	put_number(line, "scheduled", (int64_t)totals->scheduled);
	put_number(line, "ok", (int64_t)totals->ok);
	put_number(line, "failed", (int64_t)totals->failed);
	put_number(line, "not_sent", (int64_t)totals->not_sent);
	put_number(line, "opened", (int64_t)totals->connections_opened);
	put_number(line, "reused", (int64_t)totals->connections_reused);
	put_number(line, "closed_idle", (int64_t)totals->connections_closed_idle);
	if (totals->started_ns) {
		json_object_set_new(line, "started", json_integer(totals->started_ns - r->start_ns));
		json_object_set_new(line, "ended", json_integer(totals->ended_ns - r->start_ns));
	}
	put_number(line, "late_sum", totals->lateness.sum_ns);
	put_number(line, "late_max", totals->lateness.max_ns);
	if (count)
		json_object_set_new(line, "late", slots_json(late, count));
	record_line(r, line);
}

static struct record *record_new(FILE *file, const char *path, int64_t start_ns)
{
	struct record *r = memory_new(1, sizeof *r);
	r->file = file;
	r->path = memory_copy(path);
	r->start_ns = start_ns;
	r->gathered = (struct text)TEXT_INIT(RECORD_GATHERED_MAX);
	return r;
}

struct record *record_create(const char *path, const struct run_facts *facts, int64_t start_ns, int64_t start_wall_ns,
			     struct err *err)
{
	FILE *file = fopen(path, "ae");
	if (!file || (ftruncate(fileno(file), 0) == -1 && errno != EINVAL)) { /* EINVAL: a pipe, /dev/stdout */
		err_system(err, errno, "%s: cannot write the record", path);
		if (file)
			(void)fclose(file);
		return NULL;
	}
	setvbuf(file, NULL, _IONBF, 0); /* lines are gathered here already */
	struct record *r = record_new(file, path, start_ns);
	record_meta(r, facts, start_wall_ns);
	if (record_flush(r, err) < 0) {
		record_destroy(r);
		return NULL;
	}
	return r;
}

void record_destroy(struct record *r)
{
	if (!r)
		return;
	(void)!record_flush(r, NULL); /* who wants to know has flushed before */
	if (!r->is_borrowed)
		(void)fclose(r->file);
	text_finish(&r->gathered);
	free(r->path);
	free(r);
}

int record_flush(struct record *r, struct err *err)
{
	bool lost = r->lost_lines;
	size_t length = r->gathered.length;
	r->lost_lines = false;
	errno = 0;
	size_t written = length ? fwrite(r->gathered.data, 1, length, r->file) : 0;
	text_reset(&r->gathered);
	if (written != length || fflush(r->file)) {
		int number = errno;
		clearerr(r->file);
		if (!r->is_borrowed) /* on a full disk: half a line would make what follows unreadable */
			(void)!ftruncate(fileno(r->file), r->length);
		return err_system(err, number, "%s: cannot write the record", r->path);
	}
	r->length += (off_t)length;
	return lost ? err_system(err, ENOSPC, "%s: lines of the record are lost", r->path) : 0;
}

static void record_whole(struct record *r, const struct timeline *t)
{
	record_meta(r, &t->facts, t->start_wall_ns);
	for (int i = 0; i < t->plane_count; i++)
		record_plane(r, i, &t->planes[i]);
	for (int i = 0; i < t->pod_count; i++)
		if (t->pods[i].is_known)
			record_pod(r, i, &t->pods[i].pod);
	for (size_t i = 0; i < t->event_count; i++)
		record_event(r, &t->events[i]);
	for (size_t i = 0; i < t->bucket_count; i++)
		record_bucket(r, &t->buckets[i]);
	for (size_t i = 0; i < t->failure_count; i++)
		record_failure(r, &t->failures[i]);
	if (t->is_complete)
		record_end(r, &t->totals);
}

int record_write(FILE *out, const struct timeline *t, struct err *err)
{
	struct record *r = record_new(out, "record", t->start_ns);
	r->is_borrowed = true;
	record_whole(r, t);
	int result = record_flush(r, err);
	record_destroy(r);
	return result;
}
