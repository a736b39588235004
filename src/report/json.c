// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include "base/memory.h"
#include "run/lifetime.h"
#include "summary.h"

#include <stdlib.h>

static json_t *text_or_mark(const char *text)
{
	json_t *string = json_string(text);
	if (string)
		return string;
	auto_free char *plain = memory_copy(text); /* not UTF-8 */
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(plain);
}

static json_t *seconds(const struct timeline *t, int64_t at_ns)
{
	return at_ns == TIME_NEVER ? json_null() : json_real((double)(at_ns - t->start_ns) / (double)NS_PER_S);
}

static json_t *pod_json(const struct timeline *t, const struct lifetimes *lives, int i)
{
	const struct timeline_pod *p = &t->pods[i];
	const struct lifetime *l = &lives->pods[i];
	json_t *o = json_object();
	json_object_set_new(o, "name", text_or_mark(p->pod.name));
	json_object_set_new(o, "revision", json_integer(p->pod.revision));
	json_object_set_new(o, "node", json_integer(p->pod.node));
	json_object_set_new(o, "created_s", seconds(t, l->created_ns));
	json_object_set_new(o, "ready_s", seconds(t, l->ready_ns));
	json_object_set_new(o, "deleted_s", seconds(t, l->deleted_ns));
	json_object_set_new(o, "term_s", seconds(t, l->term_ns));
	json_object_set_new(o, "exited_s", seconds(t, l->exited_ns));
	json_object_set_new(o, "lost", json_integer((json_int_t)p->failed));
	return o;
}

static json_t *pods_json(const struct timeline *t)
{
	struct lifetimes lives;
	json_t *pods = json_array();
	lifetimes_init(&lives, t);
	for (int i = 0; i < t->pod_count; i++)
		if (t->pods[i].is_known)
			json_array_append_new(pods, pod_json(t, &lives, i));
	lifetimes_finish(&lives);
	return pods;
}

static json_t *rollout_json(const struct timeline *t)
{
	struct summary_rollout r = summary_rollout(t);
	char started[CLOCK_RFC3339_SIZE];
	json_t *o = json_object();
	json_object_set_new(o, "deployment", text_or_mark(t->facts.deployment));
	json_object_set_new(o, "replicas", json_integer(t->facts.replicas));
	if (r.started_ns != TIME_NEVER)
		clock_rfc3339(t->start_wall_ns + (r.started_ns - t->start_ns), started);
	json_object_set_new(o, "started", r.started_ns == TIME_NEVER ? json_null() : json_string(started));
	json_object_set_new(o, "seconds",
			    r.took_ns == TIME_NEVER ? json_null() : json_real((double)r.took_ns / (double)NS_PER_S));
	json_object_set_new(o, "pods", pods_json(t));
	return o;
}

static json_t *failures_json(const struct timeline *t)
{
	json_t *o = json_object();
	size_t count;
	auto_free struct timeline_tally *tallies = summary_tallies(t, &count);
	for (size_t i = 0; i < count; i++) {
		char name[OUTCOME_NAME_SIZE];
		json_object_set_new(o, outcome_name(tallies[i].kind, tallies[i].status, name),
				    json_integer((json_int_t)tallies[i].count));
	}
	return o;
}

static json_t *milliseconds(double ns)
{
	return json_real(ns / (double)NS_PER_MS);
}

static json_t *latency_json(const struct histogram *h)
{
	json_t *o = json_object();
	json_object_set_new(o, "mean", milliseconds(histogram_mean(h)));
	json_object_set_new(o, "p50", milliseconds((double)histogram_percentile(h, 50)));
	json_object_set_new(o, "p90", milliseconds((double)histogram_percentile(h, 90)));
	json_object_set_new(o, "p99", milliseconds((double)histogram_percentile(h, 99)));
	json_object_set_new(o, "p99.9", milliseconds((double)histogram_percentile(h, 99.9)));
	json_object_set_new(o, "max", milliseconds((double)h->max_ns));
	return o;
}

static json_t *connections_json(const struct load_totals *totals)
{
	json_t *o = json_object();
	json_object_set_new(o, "opened", json_integer((json_int_t)totals->connections_opened));
	json_object_set_new(o, "reused", json_integer((json_int_t)totals->connections_reused));
	json_object_set_new(o, "closed_idle", json_integer((json_int_t)totals->connections_closed_idle));
	return o;
}

static json_t *finding_json(const struct timeline *t, const struct finding *f)
{
	json_t *o = json_object(), *pods = json_array(), *evidence = json_array();
	for (size_t i = 0; i < f->pod_count; i++)
		json_array_append_new(pods, text_or_mark(t->pods[f->pods[i]].pod.name));
	for (char **line = f->evidence; line && *line; line++)
		json_array_append_new(evidence, text_or_mark(*line));
	json_object_set_new(o, "cause", json_string(cause_name(f->cause)));
	json_object_set_new(o, "lost", json_integer((json_int_t)f->lost));
	json_object_set_new(o, "pods", pods);
	json_object_set_new(o, "evidence", evidence);
	json_object_set_new(o, "fix", text_or_mark(f->fix));
	return o;
}

static json_t *findings_json(const struct timeline *t, const struct diagnosis *d)
{
	json_t *array = json_array();
	for (size_t i = 0; i < d->finding_count; i++)
		json_array_append_new(array, finding_json(t, &d->findings[i]));
	return array;
}

static json_t *confidence_json(const struct verdict *v)
{
	auto_free char *sentence = verdict_confidence(v);
	json_t *o = json_object();
	json_object_set_new(o, "level", json_real(0.95));
	/* a bound on what was not seen makes sense only when nothing was */
	json_object_set_new(o, "lost_at_most", v->lost ? json_null() : json_real(v->lost_at_most));
	json_object_set_new(o, "rollouts", json_integer(v->rollouts));
	json_object_set_new(o, "windows", json_integer(v->windows));
	json_object_set_new(o, "windows_loaded", json_integer(v->windows_loaded));
	json_object_set_new(o, "unseen_below_s",
			    v->blind_ns ? json_real((double)v->blind_ns / (double)NS_PER_S) : json_null());
	json_object_set_new(o, "sentence", text_or_mark(sentence));
	return o;
}

json_t *report_json(const struct timeline *t, const struct verdict *v)
{
	json_t *o = json_object();
	json_object_set_new(o, "verdict", json_string(verdict_name(v->kind)));
	json_object_set_new(o, "exit", json_integer(v->exit));
	json_object_set_new(o, "rollout", rollout_json(t));
	json_object_set_new(o, "requests", json_integer((json_int_t)v->requests));
	json_object_set_new(o, "ok", json_integer((json_int_t)v->ok));
	json_object_set_new(o, "failed", json_integer((json_int_t)v->failed));
	json_object_set_new(o, "failures", failures_json(t));
	json_object_set_new(o, "latency_ms", latency_json(&t->latency));
	json_object_set_new(o, "connections", connections_json(&t->totals));
	json_object_set_new(o, "findings", findings_json(t, &v->diagnosis));
	json_object_set_new(o, "confidence", confidence_json(v));
	return o;
}
