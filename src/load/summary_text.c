// SPDX-License-Identifier: Apache-2.0
/* summary_text.c - the summary for people: a ledger that adds up, each failure by name, percentiles, how it went over
 * time, what has to be known beside, and a sentence. */
#include "base/clock.h"
#include "base/units.h"
#include "sparkline.h"
#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define VERSIONS_SHOWN 8 /* of more, the first and the last */

struct writer {
	const struct summary *s;
	struct summary_style style;
	struct text *out;
	const char *between;
	bool client_side; /* which failures are wanted */
};

static bool is_client_side(const char *name)
{
	return !strncmp(name, "client/", 7);
}

/* Seconds from the start of the load. */
static double at(const struct writer *w, int64_t ns)
{
	return (double)(ns - w->s->totals->started_ns) / (double)NS_PER_S;
}

static void write_mismatches(struct writer *w)
{
	const char *between = ": ";
	for (int i = 0; i < OUTCOME_MISMATCHES; i++) {
		uint64_t count = w->s->tally->mismatches[i];
		char n[UNITS_SIZE];
		if (!count)
			continue;
		text_printf(w->out, "%s%s %s", between, units_show_count(count, n),
			    outcome_mismatch_name((enum outcome_mismatch)i));
		between = ", ";
	}
}

static void write_kind(const char *name, const struct tally_entry *e, void *data)
{
	struct writer *w = data;
	char n[UNITS_SIZE];
	if (is_client_side(name) != w->client_side)
		return;
	text_printf(w->out, "    %-20s%12s   first %.3f s, last %.3f s", name, units_show_count(e->count, n),
		    at(w, e->first_ns), at(w, e->last_ns));
	if (e == &w->s->tally->kinds[OUTCOME_CONTENT_MISMATCH])
		write_mismatches(w);
	text_add(w->out, "\n");
}

static void write_word(const char *name, const struct tally_entry *e, void *data)
{
	struct writer *w = data;
	char n[UNITS_SIZE];
	if (is_client_side(name) != w->client_side)
		return;
	text_printf(w->out, "%s%s %s", w->between, units_show_count(e->count, n), name);
	w->between = ", ";
}

static void write_head(struct writer *w)
{
	const struct summary *s = w->s;
	char n[UNITS_SIZE], each[UNITS_SIZE];
	const char *mode = s->fresh && s->keepalive ? "fresh and kept-alive connections in turn"
			   : s->fresh               ? "a fresh connection for each"
						    : "kept-alive connections";
	text_printf(w->out, "%s %s\n", s->method, s->url);
	if (s->rate > 0)
		text_printf(w->out, "open loop, %.12g/s%s, %s\n\n", s->rate,
			    s->arrivals == LOAD_POISSON ? " by chance" : "", mode);
	else
		text_printf(w->out, "closed loop, %s%s%s at a time, %s\n\n",
			    units_show_count((uint64_t)s->connections, n), s->streams > 1 ? " times " : "",
			    s->streams > 1 ? units_show_count((uint64_t)s->streams, each) : "", mode);
}

static void write_answered(struct writer *w)
{
	const uint64_t *ok = w->s->tally->ok;
	char n[UNITS_SIZE];
	const char *between = "   ";
	text_printf(w->out, "  %-22s%12s", "answered", units_show_count(w->s->totals->ok, n));
	for (int status = 0; status < TALLY_STATUSES; status++) {
		if (!ok[status])
			continue;
		text_printf(w->out, "%s%03d: %s", between, status, units_show_count(ok[status], n));
		between = ", ";
	}
	text_add(w->out, "\n");
}

/* The same sum as the four lines above it, and the books that were kept of the outcomes beside the load's own. */
static void write_check(struct writer *w)
{
	const struct load_totals *t = w->s->totals;
	const struct tally *told = w->s->tally;
	char all[UNITS_SIZE], ok[UNITS_SIZE], lost[UNITS_SIZE], unsent[UNITS_SIZE];
	text_printf(w->out, "  %-22s%12s   %s = %s + %s + %s\n", "self-check",
		    summary_adds_up(w->s) ? "adds up" : "WRONG", units_show_count(t->scheduled, all),
		    units_show_count(t->ok, ok), units_show_count(told->lost, lost),
		    units_show_count(t->not_sent + told->client_side, unsent));
}

static void write_ledger(struct writer *w)
{
	const struct load_totals *t = w->s->totals;
	char n[UNITS_SIZE], took[UNITS_SIZE];
	text_printf(w->out, "  %-22s%12s   in %s\n", "scheduled", units_show_count(t->scheduled, n),
		    units_show_duration(t->ended_ns - t->started_ns, took));
	write_answered(w);
	text_printf(w->out, "  %-22s%12s\n", "lost", units_show_count(w->s->tally->lost, n));
	tally_each(w->s->tally, write_kind, w);
	text_printf(w->out, "  %-22s%12s\n", "not sent", units_show_count(t->not_sent + w->s->tally->client_side, n));
	w->client_side = true;
	tally_each(w->s->tally, write_kind, w);
	w->client_side = false;
	write_check(w);
}

static void write_latency(struct writer *w)
{
	const struct histogram *h = &w->s->totals->latency;
	static const struct {
		const char *name;
		double percent;
	} columns[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}};
	if (!h->count)
		return;
	char word[UNITS_SIZE];
	text_printf(w->out, "\n  latency      mean %s", units_show_duration((int64_t)histogram_mean(h), word));
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		text_printf(w->out, ", %s %s", columns[i].name,
			    units_show_duration(histogram_percentile(h, columns[i].percent), word));
	text_printf(w->out, ", max %s\n", units_show_duration(h->max_ns, word));
}

/* No wider than a terminal of 80. */
static void write_row(struct writer *w, const char *label, const int64_t *values, int count, const char *most)
{
	text_printf(w->out, "  %-6s", label);
	sparkline_write(w->out, values, count, w->style.utf8);
	text_printf(w->out, "  %s\n", most);
}

static void write_course(struct writer *w)
{
	struct course_column columns[COURSE_COLUMNS_MAX];
	int64_t width_ns, p99[COURSE_COLUMNS_MAX], lost[COURSE_COLUMNS_MAX], worst = 0, most = 0;
	int count = course_columns(w->s->course, columns, &width_ns);
	char word[UNITS_SIZE];
	for (int i = 0; i < count; i++) {
		p99[i] = columns[i].p99_ns;
		lost[i] = (int64_t)columns[i].lost;
		worst = p99[i] > worst ? p99[i] : worst;
		most = lost[i] > most ? lost[i] : most;
	}
	if (count < 2)
		return;
	text_printf(w->out, "\n  over time    each column %s, by when requests were due; at the end the most\n",
		    units_show_duration(width_ns, word));
	if (worst)
		write_row(w, "p99", p99, count, units_show_duration(worst, word));
	if (most)
		write_row(w, "lost", lost, count, units_show_count((uint64_t)most, word));
}

static void write_schedule(struct writer *w)
{
	const struct histogram *late = &w->s->totals->lateness;
	char p50[UNITS_SIZE], p99[UNITS_SIZE], max[UNITS_SIZE];
	if (w->s->rate > 0 && late->count)
		text_printf(w->out, "  sent late    p50 %s, p99 %s, max %s\n",
			    units_show_duration(histogram_percentile(late, 50), p50),
			    units_show_duration(histogram_percentile(late, 99), p99),
			    units_show_duration(late->max_ns, max));
}

static void write_connections(struct writer *w)
{
	const struct load_totals *t = w->s->totals;
	char opened[UNITS_SIZE], reused[UNITS_SIZE], idle[UNITS_SIZE];
	text_printf(w->out, "  connections  %s opened, %s requests on one used before, %s found closed while idle",
		    units_show_count(t->connections_opened, opened), units_show_count(t->connections_reused, reused),
		    units_show_count(t->connections_closed_idle, idle));
	if (t->unsolicited)
		text_printf(w->out, ", %s spoke unasked", units_show_count(t->unsolicited, opened));
	text_add(w->out, "\n");
}

static void write_versions(struct writer *w)
{
	size_t count = w->s->versions ? versions_count(w->s->versions) : 0;
	const char *label = "versions";
	struct version v;
	char n[UNITS_SIZE];
	for (size_t i = 0; i < count && versions_at(w->s->versions, i, &v); i++) {
		if (count > VERSIONS_SHOWN && i == VERSIONS_SHOWN / 2) {
			text_printf(w->out, "               and %zu more\n", count - VERSIONS_SHOWN);
			i = count - VERSIONS_SHOWN / 2 - 1;
			continue;
		}
		text_printf(w->out, "  %-12s %s: %s answer%s, from %.3f s to %.3f s\n", label, v.name,
			    units_show_count(v.count, n), v.count == 1 ? "" : "s", at(w, v.first_ns), at(w, v.last_ns));
		label = "";
	}
}

static void write_notes(struct writer *w)
{
	for (int i = 0; i < w->s->notes->count; i++)
		text_printf(w->out, "%s  note         %s\n", i ? "" : "\n", w->s->notes->all[i].text);
}

static void write_rest(struct writer *w, uint64_t unsent)
{
	char n[UNITS_SIZE];
	if (w->s->cut)
		text_printf(w->out, " %s of them had no answer yet when the load was stopped.",
			    units_show_count(w->s->cut, n));
	if (unsent)
		text_printf(w->out, " %s due but not sent.", units_show_count(unsent, n));
	if (w->s->stop == SUMMARY_MAX_LOST)
		text_add(w->out, " Stopped early: as many were lost as --max-lost allows.");
	if (w->s->stop == SUMMARY_SIGNAL)
		text_add(w->out, " Stopped early, by a signal.");
	if (w->s->notes->too_late)
		text_add(w->out, " The generator was too late to have sent what was asked: the figures cannot stand.");
}

static void write_sentence(struct writer *w)
{
	const struct tally *tally = w->s->tally;
	uint64_t all = w->s->totals->scheduled, unsent = w->s->totals->not_sent + tally->client_side;
	char a[UNITS_SIZE], b[UNITS_SIZE];
	const char *paint = tally->lost ? RED : unsent || w->s->notes->too_late ? YELLOW : GREEN;
	text_printf(w->out, "\n%s", w->style.color ? paint : "");
	if (unsent == all) {
		text_add(w->out, "No request was sent: nothing can be said.");
	} else if (!tally->lost) {
		text_printf(w->out, "No request lost of %s.", units_show_count(all - unsent, a));
	} else {
		text_printf(w->out, "%s of %s requests lost: ", units_show_count(tally->lost, a),
			    units_show_count(all - unsent, b));
		w->between = "";
		tally_each(tally, write_word, w);
		text_add(w->out, ".");
	}
	write_rest(w, unsent);
	text_printf(w->out, "%s\n", w->style.color ? PLAIN : "");
}

void summary_text(const struct summary *s, struct summary_style style, struct text *out)
{
	struct writer w = {.s = s, .style = style, .out = out};
	write_head(&w);
	write_ledger(&w);
	write_latency(&w);
	write_schedule(&w);
	write_connections(&w);
	write_versions(&w);
	write_course(&w);
	write_notes(&w);
	write_sentence(&w);
}
