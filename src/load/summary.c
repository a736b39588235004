// SPDX-License-Identifier: Apache-2.0
#include "summary.h"

#include "base/clock.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

static double to_ms(int64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

static double to_us(int64_t ns)
{
	return (double)ns / (double)NS_PER_US;
}

static double to_s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Everything that left us, whatever became of it. */
static uint64_t summary_sent(const struct summary *s)
{
	return s->totals->ok + s->totals->failed - s->tally->client_side;
}

/* Over the time in which requests were started: waiting for the last answers is not sending. */
static double summary_sent_per_s(const struct summary *s)
{
	const struct load_totals *t = s->totals;
	double span = to_s(t->last_started_ns - t->started_ns) + (s->rate > 0 ? 1 / s->rate : 0);
	return span > 0 ? (double)summary_sent(s) / span : 0;
}

static void summary_add_failure(const char *name, const struct tally_entry *e, void *data)
{
	json_object_set_new(data, name, json_integer((json_int_t)e->count));
}

static json_t *summary_statuses(const struct tally *tally)
{
	json_t *all = json_object();
	char name[8];
	for (int status = 0; status < TALLY_STATUSES; status++) {
		if (!tally->answered[status])
			continue;
		snprintf(name, sizeof name, "%03d", status);
		json_object_set_new(all, name, json_integer((json_int_t)tally->answered[status]));
	}
	return all;
}

static json_t *summary_latency(const struct histogram *h)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "mean", histogram_mean(h) / (double)NS_PER_MS, "p50",
			 to_ms(histogram_percentile(h, 50)), "p90", to_ms(histogram_percentile(h, 90)), "p99",
			 to_ms(histogram_percentile(h, 99)), "p99.9", to_ms(histogram_percentile(h, 99.9)), "max",
			 to_ms(h->max_ns));
}

static json_t *summary_schedule(const struct summary *s)
{
	const struct histogram *late = &s->totals->lateness;
	const char *arrivals = s->arrivals == LOAD_POISSON ? "poisson" : "constant";
	return json_pack("{s:o, s:o, s:f, s:{s:f, s:f, s:f}}", "asked_per_s",
			 s->rate > 0 ? json_real(s->rate) : json_null(), "arrivals",
			 s->rate > 0 ? json_string(arrivals) : json_null(), "sent_per_s", summary_sent_per_s(s),
			 "late_us", "p50", to_us(histogram_percentile(late, 50)), "p99",
			 to_us(histogram_percentile(late, 99)), "max", to_us(late->max_ns));
}

/* Seconds from the start of the load. */
static double summary_at(const struct summary *s, int64_t ns)
{
	return to_s(ns - s->totals->started_ns);
}

struct times {
	const struct summary *s;
	json_t *all;
};

static void summary_add_times(const char *name, const struct tally_entry *e, void *data)
{
	struct times *t = data;
	json_object_set_new(t->all, name,
			    json_pack("{s:f, s:f}", "first_s", summary_at(t->s, e->first_ns), "last_s",
				      summary_at(t->s, e->last_ns)));
}

static json_t *summary_times(const struct summary *s)
{
	struct times t = {.s = s, .all = json_object()};
	tally_each(s->tally, summary_add_times, &t);
	return t.all;
}

static json_t *summary_course(const struct course *course)
{
	struct course_column columns[COURSE_COLUMNS_MAX];
	int64_t width_ns;
	int count = course_columns(course, columns, &width_ns);
	json_t *answered = json_array(), *lost = json_array(), *p99 = json_array(), *max = json_array();
	for (int i = 0; i < count; i++) {
		json_array_append_new(answered, json_integer((json_int_t)columns[i].answered));
		json_array_append_new(lost, json_integer((json_int_t)columns[i].lost));
		json_array_append_new(p99, columns[i].answered ? json_real(to_ms(columns[i].p99_ns)) : json_null());
		json_array_append_new(max, columns[i].answered ? json_real(to_ms(columns[i].max_ns)) : json_null());
	}
	return json_pack("{s:f, s:o, s:o, s:o, s:o}", "cell_s", to_s(width_ns), "answered", answered, "lost", lost,
			 "p99_ms", p99, "max_ms", max);
}

static json_t *summary_mismatches(const struct tally *t)
{
	json_t *all = json_object();
	for (int i = 0; i < OUTCOME_MISMATCHES; i++)
		if (t->mismatches[i])
			json_object_set_new(all, outcome_mismatch_name((enum outcome_mismatch)i),
					    json_integer((json_int_t)t->mismatches[i]));
	return all;
}

static json_t *summary_versions(const struct summary *s)
{
	json_t *all = json_array();
	struct version v;
	for (size_t i = 0; versions_at(s->versions, i, &v); i++)
		json_array_append_new(all, json_pack("{s:s, s:I, s:f, s:f}", "version", v.name, "answers",
						     (json_int_t)v.count, "first_s", summary_at(s, v.first_ns),
						     "last_s", summary_at(s, v.last_ns)));
	return all;
}

static json_t *summary_notes(const struct notes *n)
{
	json_t *all = json_array();
	for (int i = 0; i < n->count; i++)
		json_array_append_new(
			all, json_pack("{s:s, s:s}", "what", note_name(n->all[i].what), "text", n->all[i].text));
	return all;
}

static json_t *summary_stopped(enum summary_stop stop)
{
	static const char *const names[] = {[SUMMARY_MAX_LOST] = "max-lost", [SUMMARY_SIGNAL] = "signal"};
	return stop == SUMMARY_NOT_STOPPED ? json_null() : json_string(names[stop]);
}

static json_t *summary_connections(const struct load_totals *t)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "opened", (json_int_t)t->connections_opened, "reused",
			 (json_int_t)t->connections_reused, "closed_idle", (json_int_t)t->connections_closed_idle,
			 "unsolicited", (json_int_t)t->unsolicited);
}

json_t *summary_json(const struct summary *s)
{
	const struct load_totals *t = s->totals;
	char started[CLOCK_RFC3339_SIZE];
	clock_rfc3339(t->started_wall_ns, started);
	json_t *failures = json_object();
	tally_each(s->tally, summary_add_failure, failures);
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:f, s:o, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"url", s->url, "method", s->method, "started", started, "duration_s", to_s(t->ended_ns - t->started_ns),
		"stopped", summary_stopped(s->stop), "requests", (json_int_t)t->scheduled, "ok", (json_int_t)t->ok,
		"failed", (json_int_t)t->failed, "not_sent", (json_int_t)t->not_sent, "adds_up", summary_adds_up(s),
		"failures", failures, "failure_times", summary_times(s), "cut", (json_int_t)s->cut, "mismatches",
		summary_mismatches(s->tally), "status", summary_statuses(s->tally), "latency_ms",
		summary_latency(&t->latency), "schedule", summary_schedule(s), "connections", summary_connections(t),
		"over_time", summary_course(s->course), "notes", summary_notes(s->notes));
	if (s->versions)
		json_object_set_new(object, "versions", summary_versions(s));
	return object;
}

static void summary_add_mismatch(json_t *line, const struct outcome *o, struct versions *versions)
{
	struct version v;
	json_object_set_new(line, "mismatch", json_string(outcome_mismatch_name(o->mismatch)));
	if (versions && versions_find(versions, o->version, &v))
		json_object_set_new(line, "version", json_string(v.name));
	if (versions && versions_find(versions, o->newest, &v))
		json_object_set_new(line, "newest", json_string(v.name));
}

json_t *summary_failure(const struct outcome *o, int64_t start, int64_t start_wall, struct versions *versions)
{
	char name[OUTCOME_NAME_SIZE], at[CLOCK_RFC3339_SIZE];
	clock_rfc3339(start_wall + (o->scheduled_ns - start), at);
	json_t *line =
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:i, s:I, s:I, s:I, s:i, s:i, s:I, s:I}", "kind",
			  outcome_name(o->kind, o->status, name), "at", at, "scheduled_ns",
			  (json_int_t)(o->scheduled_ns - start), "started_ns", (json_int_t)(o->started_ns - start),
			  "ended_ns", (json_int_t)(o->ended_ns - start), "fresh", o->fresh, "target", o->target,
			  "connection", (json_int_t)o->connection, "served", (json_int_t)o->served, "idle_ns",
			  (json_int_t)o->idle_ns, "local_port", o->local_port, "remote_port", o->remote_port,
			  "bytes_sent", (json_int_t)o->bytes_sent, "bytes_received", (json_int_t)o->bytes_received);
	if (o->status)
		json_object_set_new(line, "status", json_integer(o->status));
	if (o->detail[0])
		json_object_set_new(line, "detail", json_string(o->detail));
	json_object_set_new(line, "pod", json_string(o->pod));
	json_object_set_new(line, "upstream", json_string(o->upstream));
	if (o->mismatch)
		summary_add_mismatch(line, o, versions);
	return line;
}

bool summary_adds_up(const struct summary *s)
{
	const struct load_totals *t = s->totals;
	const struct tally *told = s->tally;
	return load_totals_add_up(t) && told->kinds[OUTCOME_OK].count == t->ok && t->latency.count == t->ok &&
	       told->lost + told->client_side == t->failed;
}

enum status summary_status(const struct summary *s)
{
	if (s->tally->lost)
		return STATUS_LOST;
	bool is_whole = summary_sent(s) > 0 && !s->tally->client_side && !s->notes->too_late;
	return is_whole ? STATUS_OK : STATUS_INCONCLUSIVE;
}
