// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include "base/memory.h"
#include "base/units.h"
#include "layout.h"
#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_WIDTH 60
#define LABEL_HANG 15 /* "  requests     " */
#define PODS_SHOWN 6

struct page {
	struct text *out;
	const struct timeline *t;
	const struct verdict *v;
	bool color;
	int width;
};

#define RED "\033[31;1m"
#define GREEN "\033[32;1m"
#define YELLOW "\033[33;1m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void colored(const struct page *p, const char *color, const char *text)
{
	text_printf(p->out, "%s%s%s", p->color ? color : "", text, p->color ? PLAIN : "");
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void header(const struct page *p)
{
	static const char *const words[] = {"PASS", "FAIL", "INCONCLUSIVE"};
	static const char *const colors[] = {GREEN, RED, YELLOW};
	char lost[UNITS_SIZE], requests[UNITS_SIZE], took[UNITS_SIZE];
	struct summary_rollout r = summary_rollout(p->t);
	auto_text line = TEXT_INIT(1024);
	text_printf(&line, "%s%s: %s of %s request%s lost in ", *p->t->facts.deployment ? "deployment/" : "the service",
		    p->t->facts.deployment, units_show_count(p->v->lost, lost),
		    units_show_count(p->v->requests, requests), plural(p->v->requests));
	if (p->v->rollouts == 1)
		text_add(&line, "one rolling update");
	else
		text_printf(&line, "%d rolling updates", p->v->rollouts);
	if (r.took_ns != TIME_NEVER)
		text_printf(&line, " (%" PRIi64 " replica%s, %s)", p->t->facts.replicas,
			    plural((uint64_t)p->t->facts.replicas), units_show_duration(r.took_ns, took));
	colored(p, colors[p->v->kind], words[p->v->kind]);
	layout_wrap(p->out, "  ", text_str(&line), 2, p->width - (int)strlen(words[p->v->kind]));
	if (p->t->cut_line)
		text_printf(p->out, "  The record is cut in line %d: what comes after is not in here.\n",
			    p->t->cut_line);
	else if (!p->t->is_complete)
		text_add(p->out, "  The run was cut short: this is what was recorded until then.\n");
}

static void ledger_kinds(const struct page *p)
{
	auto_text line = TEXT_INIT(4096);
	size_t count;
	auto_free struct timeline_tally *tallies = summary_tallies(p->t, &count);
	for (size_t i = 0; i < count; i++) {
		char name[OUTCOME_NAME_SIZE], number[UNITS_SIZE];
		text_printf(&line, "%s%s %s", i ? "   " : "", outcome_name(tallies[i].kind, tallies[i].status, name),
			    units_show_count(tallies[i].count, number));
	}
	if (count)
		layout_wrap(p->out, "  failed       ", text_str(&line), LABEL_HANG, p->width);
}

static void ledger_pods(const struct page *p)
{
	auto_text line = TEXT_INIT(4096);
	size_t count;
	auto_free int *pods = summary_worst_pods(p->t, &count);
	for (size_t i = 0; i < count && i < PODS_SHOWN; i++) {
		const struct timeline_pod *pod = &p->t->pods[pods[i]];
		char number[UNITS_SIZE];
		text_printf(&line, "%s%s %s", i ? "   " : "", pod->pod.name, units_show_count(pod->failed, number));
	}
	if (count > PODS_SHOWN)
		text_printf(&line, "   and %zu more", count - PODS_SHOWN);
	if (count)
		layout_wrap(p->out, "  at           ", text_str(&line), LABEL_HANG, p->width);
}

static void ledger_latency(const struct page *p)
{
	static const struct {
		const char *name;
		double percent;
	} shown[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};
	auto_text line = TEXT_INIT(1024);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		char value[UNITS_SIZE];
		text_printf(&line, "%s%s %s", i ? "   " : "", shown[i].name,
			    units_show_duration(histogram_percentile(&p->t->latency, shown[i].percent), value));
	}
	if (p->t->latency.count)
		layout_wrap(p->out, "  latency      ", text_str(&line), LABEL_HANG, p->width);
}

static void ledger(const struct page *p)
{
	char a[UNITS_SIZE], b[UNITS_SIZE], c[UNITS_SIZE], d[UNITS_SIZE];
	text_printf(p->out, "\n  requests     %s   answered %s   lost %s", units_show_count(p->v->requests, a),
		    units_show_count(p->v->ok, b), units_show_count(p->v->lost, c));
	if (p->v->client_side)
		text_printf(p->out, "   not counted (client side) %s", units_show_count(p->v->client_side, d));
	text_add(p->out, "\n");
	ledger_kinds(p);
	ledger_pods(p);
	ledger_latency(p);
	const struct load_totals *totals = &p->t->totals;
	if (totals->connections_opened)
		text_printf(p->out, "  connections  opened %s   reused %s   found closed while idle %s\n",
			    units_show_count(totals->connections_opened, a),
			    units_show_count(totals->connections_reused, b),
			    units_show_count(totals->connections_closed_idle, c));
}

/* The first line of a fix is a sentence, what follows is YAML. */
static void fix(const struct page *p, const char *text)
{
	const char *yaml = strchr(text, '\n');
	auto_free char *sentence = yaml ? memory_copy_n(text, (size_t)(yaml - text)) : memory_copy(text);
	layout_wrap(p->out, "  Fix: ", sentence, 7, p->width);
	if (yaml)
		layout_verbatim(p->out, yaml + 1, 9);
}

static void finding(const struct page *p, const struct finding *f)
{
	char lost[UNITS_SIZE];
	text_add(p->out, "\n");
	colored(p, BOLD, cause_name(f->cause));
	text_printf(p->out, ": %s %s\n", units_show_count(f->lost, lost),
		    f->cause == CAUSE_CLIENT_SIDE ? "not counted" : "lost");
	layout_wrap(p->out, "  ", cause_meaning(f->cause), 2, p->width);
	for (char **line = f->evidence; line && *line; line++)
		layout_wrap(p->out, "    ", *line, **line == '+' || **line == '-' ? 14 : 4, p->width);
	fix(p, f->fix);
}

void report_text(struct text *out, const struct timeline *t, const struct verdict *v, const struct report_style *style)
{
	struct page p = {out, t, v, style->color, style->width < LEAST_WIDTH ? LEAST_WIDTH : style->width};
	header(&p);
	ledger(&p);
	for (size_t i = 0; i < v->diagnosis.finding_count; i++)
		finding(&p, &v->diagnosis.findings[i]);
	auto_free char *confidence = verdict_confidence(v);
	text_add(out, "\n");
	layout_wrap(out, "", confidence, 0, p.width);
}
