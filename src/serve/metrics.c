// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include "base/clock.h"
#include "server.h"

#include <inttypes.h>

static void metric_head(struct text *out, const char *name, const char *type, const char *help)
{
	text_printf(out, "# HELP zerodrop_serve_%s %s\n# TYPE zerodrop_serve_%s %s\n", name, help, name, type);
}

static void metric_add(struct text *out, const char *name, const char *label, const char *value, uint64_t number)
{
	text_printf(out, "zerodrop_serve_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, number);
}

static void metric_write(struct text *out, const char *name, const char *type, const char *help, uint64_t number)
{
	metric_head(out, name, type, help);
	text_printf(out, "zerodrop_serve_%s %" PRIu64 "\n", name, number);
}

static void metric_write_seconds(struct text *out, const char *name, const char *help, int64_t ns)
{
	metric_head(out, name, "gauge", help);
	text_printf(out, "zerodrop_serve_%s %.3f\n", name, (double)ns / NS_PER_S);
}

/* Pod and version may hold what the format quotes. */
static void write_quoted(struct text *out, const char *value)
{
	for (const char *p = value; *p; p++) {
		if (*p == '"' || *p == '\\')
			text_append(out, "\\", 1);
		text_append(out, p, 1);
	}
}

static void write_info(const struct server *s, struct text *out)
{
	metric_head(out, "info", "gauge", "Who this is.");
	text_add(out, "zerodrop_serve_info{pod=\"");
	write_quoted(out, s->config->pod);
	text_add(out, "\",version=\"");
	write_quoted(out, s->config->version);
	text_add(out, "\"} 1\n");
}

static void write_life(const struct server *s, const struct lameduck_report *r, struct text *out)
{
	metric_head(out, "state", "gauge", "1 for the state that it is in.");
	for (enum lameduck_state state = LAMEDUCK_STARTING; state <= LAMEDUCK_STOPPED; state++)
		metric_add(out, "state", "state", lameduck_state_name(state), r->state == state);
	metric_write(out, "ready", "gauge", "What a readiness probe hears.", lameduck_is_ready(s->duck));
	metric_write_seconds(out, "lame_duck_seconds", "How long the lame duck has lasted.", r->lame_ns);
	metric_write_seconds(out, "drain_seconds", "How long the drain has lasted.", r->drain_ns);
	metric_write(out, "connections", "gauge", "Open now, those for probes on a port of their own not counted.",
		     r->connections);
	metric_write(out, "requests", "gauge", "Worked on or queued now.", r->requests);
}

static void write_counts(const struct counts *c, struct text *out)
{
	static const char *const classes[] = {NULL, NULL, "2xx", NULL, "4xx", "5xx"};
	metric_write(out, "connections_total", "counter", "Connections accepted.", c->accepted);
	metric_head(out, "answers_total", "counter", "Answers begun, probes included.");
	for (int i = 2; i < 6; i++)
		if (classes[i])
			metric_add(out, "answers_total", "code", classes[i], c->answers[i]);
	metric_head(out, "timeouts_total", "counter", "Clients that took too long, by what they were waited for.");
	for (enum timeout t = TIMEOUT_IDLE; t < TIMEOUTS; t++)
		metric_add(out, "timeouts_total", "of", counts_timeout_name(t), c->timeouts[t]);
	metric_write(out, "refused_total", "counter", "Requests refused for too many connections.", c->refused);
	metric_write(out, "left_total", "counter", "Clients that left before they were answered.", c->left);
}

static void write_end(const struct counts *c, struct text *out)
{
	metric_write(out, "ending_served_total", "counter", "Since TERM: requests answered whole.", c->served);
	metric_write(out, "ending_closed_total", "counter", "Since TERM: connections closed politely.", c->closed);
	metric_write(out, "ending_closed_idle_total", "counter", "Since TERM: connections closed without a word.",
		     c->closed_idle);
	metric_head(out, "ending_cut_total", "counter", "Since TERM: requests cut, by how far they had come.");
	for (enum cut cut = CUT_UNREAD; cut < CUT_KINDS; cut++)
		metric_add(out, "ending_cut_total", "at", counts_cut_name(cut), c->cut[cut]);
}

void metrics_write(const struct server *s, struct text *out)
{
	struct counts sum;
	struct lameduck_report report;
	server_count(s, &sum);
	lameduck_get_report(s->duck, &report);
	write_info(s, out);
	write_life(s, &report, out);
	write_counts(&sum, out);
	write_end(&sum, out);
}
