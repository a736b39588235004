// SPDX-License-Identifier: Apache-2.0
/* summary_text.c - the summary for people: a ledger that adds up, each failure by name, percentiles, and a sentence. */
#include "base/clock.h"
#include "base/units.h"
#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

struct writer {
	const struct summary *s;
	struct text *out;
	const char *between;
	bool client_side; /* which failures are wanted */
};

static bool is_client_side(const char *name)
{
	return !strncmp(name, "client/", 7);
}

static void write_kind(const char *name, const struct tally_entry *e, void *data)
{
	struct writer *w = data;
	char n[UNITS_SIZE];
	int64_t start = w->s->totals->started_ns;
	if (is_client_side(name) != w->client_side)
		return;
	text_printf(w->out, "    %-20s%12s   first %.3f s, last %.3f s\n", name, units_show_count(e->count, n),
		    (double)(e->first_ns - start) / (double)NS_PER_S, (double)(e->last_ns - start) / (double)NS_PER_S);
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
	char n[UNITS_SIZE];
	const char *mode = s->fresh && s->keepalive ? "fresh and kept-alive connections in turn"
			   : s->fresh               ? "a fresh connection for each"
						    : "kept-alive connections";
	text_printf(w->out, "%s %s\n", s->method, s->url);
	if (s->rate > 0)
		text_printf(w->out, "open loop, %.12g/s, %s\n\n", s->rate, mode);
	else
		text_printf(w->out, "closed loop, %s at a time, %s\n\n", units_show_count((uint64_t)s->connections, n),
			    mode);
}

static void write_answered(struct writer *w)
{
	const struct tally *t = w->s->tally;
	char n[UNITS_SIZE];
	const char *between = "   ";
	text_printf(w->out, "  %-22s%12s", "answered", units_show_count(w->s->totals->ok, n));
	for (int status = 0; status < TALLY_STATUSES; status++) {
		uint64_t expected = t->answered[status] - t->failed[status].count;
		if (!expected)
			continue;
		text_printf(w->out, "%s%03d: %s", between, status, units_show_count(expected, n));
		between = ", ";
	}
	text_add(w->out, "\n");
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

static void write_sentence(struct writer *w, bool color)
{
	const struct tally *tally = w->s->tally;
	uint64_t all = w->s->totals->scheduled, unsent = w->s->totals->not_sent + tally->client_side;
	char a[UNITS_SIZE], b[UNITS_SIZE];
	const char *paint = tally->lost ? RED : unsent ? YELLOW : GREEN;
	text_printf(w->out, "\n%s", color ? paint : "");
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
	if (unsent)
		text_printf(w->out, " %s due but not sent.", units_show_count(unsent, a));
	text_printf(w->out, "%s\n", color ? PLAIN : "");
}

void summary_text(const struct summary *s, bool color, struct text *out)
{
	struct writer w = {.s = s, .out = out};
	write_head(&w);
	write_ledger(&w);
	write_latency(&w);
	write_schedule(&w);
	write_connections(&w);
	write_sentence(&w, color);
}
