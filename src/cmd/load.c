// SPDX-License-Identifier: Apache-2.0
/* load.c - `zerodrop load`: runs what was planned, with Ctrl-C, and says what it came to; the work is done in load/. */
#include "verbs.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "load/book.h"
#include "load/crew.h"
#include "load/files.h"
#include "load/summary.h"
#include "load_failures.h"
#include "load_live.h"
#include "load_options.h"
#include "load_plan.h"
#include "load_tls.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERB "load"
#define WATCH_MS 1000
#define PATIENCE_MS 5000 /* after the first Ctrl-C, for what is in flight */

struct run {
	const struct load_options *options;
	struct load_plan plan;
	struct crew *crew;
	int members;
	struct book **books; /* by member; at the end, the first is that of all */
	struct load_failures failures;
	struct limits_watch limits;
	struct load_totals totals; /* a copy, once done */
	int64_t wall_ns;           /* what the wall's clock has more than the monotonic one */
	atomic_uint_fast64_t lost; /* so far */
	atomic_int stops;          /* how often we were asked to stop */
	atomic_int stop;           /* enum summary_stop */
	uv_signal_t interrupt, terminate;
	uv_timer_t live_timer, watch, patience;
	struct load_live live;
};

/* Any thread. Who comes first is the reason, unless nothing more would have been sent anyway. */
static void stop(struct run *r, enum summary_stop why, int64_t now_ns)
{
	int64_t duration_ns = r->plan.config.duration_ns;
	int none = SUMMARY_NOT_STOPPED;
	if (!duration_ns || now_ns - crew_start_ns(r->crew) < duration_ns)
		(void)atomic_compare_exchange_strong(&r->stop, &none, (int)why);
	crew_stop(r->crew);
}

/* On the member's thread. */
static void on_outcome(const struct outcome *o, int member, void *data)
{
	struct run *r = data;
	int64_t start_ns = crew_start_ns(r->crew);
	book_add(r->books[member], o, start_ns, atomic_load_explicit(&r->stops, memory_order_relaxed) > 1);
	if (o->kind == OUTCOME_OK)
		return;
	load_failures_write(&r->failures, o, start_ns, start_ns + r->wall_ns, r->plan.config.versions);
	if (outcome_is_client_side(o->kind))
		return;
	uint64_t lost = atomic_fetch_add(&r->lost, 1) + 1;
	if (r->options->max_lost && lost >= (uint64_t)r->options->max_lost)
		stop(r, SUMMARY_MAX_LOST, o->ended_ns);
}

static void on_live(uv_timer_t *timer)
{
	struct run *r = timer->data;
	load_live_show(&r->live, crew_start_ns(r->crew), crew_totals(r->crew), atomic_load(&r->lost));
}

static void on_watch(uv_timer_t *timer)
{
	struct run *r = timer->data;
	limits_watch_look(&r->limits);
}

static void on_patience(uv_timer_t *timer)
{
	struct run *r = timer->data;
	atomic_store(&r->stops, 2);
	crew_abort(r->crew);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct run *r = signal->data;
	if (atomic_fetch_add(&r->stops, 1) > 0) {
		crew_abort(r->crew);
		return;
	}
	progress_end();
	fprintf(stderr, "zerodrop load: stopping, waiting for what is in flight (Ctrl-C: at once)\n");
	stop(r, SUMMARY_SIGNAL, clock_ns());
	uv_timer_start(&r->patience, on_patience, PATIENCE_MS, 0);
}

static void on_done(const struct load_totals *totals, void *data)
{
	struct run *r = data;
	r->totals = *totals;
	uv_close((uv_handle_t *)&r->interrupt, NULL);
	uv_close((uv_handle_t *)&r->terminate, NULL);
	uv_close((uv_handle_t *)&r->live_timer, NULL);
	uv_close((uv_handle_t *)&r->watch, NULL);
	uv_close((uv_handle_t *)&r->patience, NULL);
	progress_end();
}

static void start_watching(struct run *r, uv_loop_t *loop)
{
	uv_signal_init(loop, &r->interrupt);
	uv_signal_init(loop, &r->terminate);
	uv_timer_init(loop, &r->live_timer);
	uv_timer_init(loop, &r->watch);
	uv_timer_init(loop, &r->patience);
	r->interrupt.data = r->terminate.data = r->live_timer.data = r->watch.data = r->patience.data = r;
	uv_signal_start(&r->interrupt, on_signal, SIGINT);
	uv_signal_start(&r->terminate, on_signal, SIGTERM);
	uv_timer_start(&r->watch, on_watch, WATCH_MS, WATCH_MS);
	if (!r->options->quiet && isatty(STDERR_FILENO))
		uv_timer_start(&r->live_timer, on_live, LIVE_MS, LIVE_MS);
}

static void start(struct run *r, uv_loop_t *loop)
{
	files_raise_limit();
	start_watching(r, loop);
	limits_watch_start(&r->limits, r->members);
	r->wall_ns = clock_wall_ns() - clock_ns();
	crew_start(r->crew);
}

static int prepare(struct run *r, uv_loop_t *loop, struct err *err)
{
	struct crew_sink sink = {.outcome = on_outcome, .done = on_done, .data = r};
	r->crew = crew_create(loop, &r->plan.config, (int)r->options->threads, &sink, err);
	if (!r->crew)
		return -EINVAL;
	r->members = crew_members(r->crew);
	r->books = memory_new((size_t)r->members, sizeof *r->books);
	for (int i = 0; i < r->members; i++)
		r->books[i] = book_create();
	int rc = load_tls_check(r->options, &r->plan.config, err);
	return rc < 0 ? rc : load_failures_open(&r->failures, r->options->failures, err);
}

static int run_load(struct run *r, struct err *err)
{
	uv_loop_t loop;
	int rc = uv_loop_init(&loop);
	if (rc < 0)
		return err_system(err, -rc, "event loop");
	rc = prepare(r, &loop, err);
	if (rc == 0) {
		start(r, &loop);
		uv_run(&loop, UV_RUN_DEFAULT);
		limits_watch_end(&r->limits);
		for (int i = 1; i < r->members; i++)
			book_merge(r->books[0], r->books[i]);
	}
	crew_destroy(r->crew);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return rc;
}

/* Is what we print read by something that knows UTF-8? Asked without setting a locale: the parsers want C's. */
static bool speaks_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool answer = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	if (locale)
		freelocale(locale);
	return answer;
}

/* A line for each field: arrays in columns would hide the rest. */
static void print_object(json_t *object)
{
	const char *name, *between = "{";
	json_t *value;
	json_object_foreach(object, name, value)
	{
		printf("%s\n  \"%s\": ", between, name);
		(void)json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
		between = ",";
	}
	puts("\n}");
}

static int print_summary(struct run *r, const struct summary *s, struct err *err)
{
	if (r->options->format && !strcmp(r->options->format, "json")) {
		json_t *object = summary_json(s);
		print_object(object);
		json_decref(object);
	} else {
		auto_text text = TEXT_INIT(SUMMARY_TEXT_MAX);
		struct summary_style style = {.color = progress_color(STDOUT_FILENO), .utf8 = speaks_utf8()};
		summary_text(s, style, &text);
		fputs(text_str(&text), stdout);
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		return err_system(err, errno, "cannot write the summary");
	return 0;
}

static struct notes take_notes(const struct run *r)
{
	struct notes_facts facts = {
		.totals = &r->totals,
		.tally = &r->books[0]->tally,
		.limits = &r->limits,
		.rate = r->plan.config.rate,
		.connections = r->plan.config.connections,
		.is_local = r->plan.is_local,
	};
	struct notes notes;
	notes_take(&notes, &facts);
	return notes;
}

static int check_ledger(const struct summary *s, struct err *err)
{
	const struct load_totals *t = s->totals;
	if (summary_adds_up(s))
		return 0;
	return err_system(err, 0,
			  "the ledger does not add up: %" PRIu64 " scheduled, %" PRIu64 " ok, %" PRIu64
			  " failed, %" PRIu64 " not sent; told of were %" PRIu64 " ok, %" PRIu64 " lost, %" PRIu64
			  " for our own limits",
			  t->scheduled, t->ok, t->failed, t->not_sent, s->tally->kinds[OUTCOME_OK].count,
			  s->tally->lost, s->tally->client_side);
}

static int conclude(struct run *r, enum status *ret_status, struct err *err)
{
	const struct load_config *c = &r->plan.config;
	struct notes notes = take_notes(r);
	bool all_scheduled = c->requests && r->totals.scheduled >= (uint64_t)c->requests;
	struct summary s = {
		.url = r->plan.url,
		.method = c->method,
		.rate = c->rate,
		.arrivals = c->arrivals,
		.fresh = c->fresh,
		.keepalive = c->keepalive,
		.connections = c->connections,
		.streams = c->protocol == LOAD_HTTP1 ? 0 : c->streams,
		.stop = all_scheduled ? SUMMARY_NOT_STOPPED : (enum summary_stop)r->stop,
		.cut = r->books[0]->cut,
		.totals = &r->totals,
		.tally = &r->books[0]->tally,
		.course = &r->books[0]->course,
		.notes = &notes,
		.versions = c->versions,
	};
	int rc = print_summary(r, &s, err);
	int written = load_failures_close(&r->failures, rc < 0 ? NULL : err);
	if (rc == 0)
		rc = written;
	if (rc == 0)
		rc = check_ledger(&s, err);
	if (rc == 0)
		*ret_status = summary_status(&s);
	notes_finish(&notes);
	return rc;
}

static void finish(struct run *r)
{
	load_plan_finish(&r->plan);
	for (int i = 0; i < r->members; i++)
		book_destroy(r->books[i]);
	free(r->books);
	if (r->failures.file)
		(void)fclose(r->failures.file);
	free(r);
}

static int work(struct run *r, char **words, enum status *ret_status, struct err *err)
{
	int rc = load_plan_make(r->options, words, &r->plan, err);
	if (rc == 0)
		rc = run_load(r, err);
	if (rc == 0)
		rc = conclude(r, ret_status, err);
	return rc;
}

int cmd_load(int argc, char **argv)
{
	struct err err = {0};
	char **words = NULL;
	enum status status = STATUS_OK;
	struct run *r = memory_new(1, sizeof *r);
	int rc = load_options_parse(argc, argv, &r->options, &words, &err);
	if (rc == 0)
		rc = work(r, words, &status, &err);
	if (rc < 0)
		status = cmd_fail(VERB, &err);
	free(words);
	finish(r);
	load_options_finish();
	return status;
}
