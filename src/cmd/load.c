// SPDX-License-Identifier: Apache-2.0
/* load.c - `zerodrop load`: runs what was planned, with Ctrl-C, and says what it came to; the work is done in load/. */
#include "verbs.h"

#include "base/memory.h"
#include "base/text.h"
#include "load/files.h"
#include "load/load.h"
#include "load/summary.h"
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define VERB "load"
#define WATCH_MS 1000
#define PATIENCE_MS 5000 /* after the first Ctrl-C, for what is in flight */

struct run {
	const struct load_options *options;
	struct load_plan plan;
	struct load *load;
	struct tally tally;
	struct course course;
	struct limits_watch limits;
	struct load_totals totals; /* a copy, once done */
	FILE *failures;
	int failures_error;
	uv_signal_t interrupt, terminate;
	uv_timer_t live_timer, watch, patience;
	struct load_live live;
	int stops;    /* how often we were asked to stop */
	uint64_t cut; /* lost only because we stopped waiting */
};

static void write_failure(struct run *r, const struct outcome *o)
{
	json_t *line = summary_failure(o, load_totals(r->load), r->plan.config.versions);
	if (!r->failures_error &&
	    (json_dumpf(line, r->failures, JSON_COMPACT | JSON_PRESERVE_ORDER) < 0 || fputc('\n', r->failures) == EOF))
		r->failures_error = errno;
	json_decref(line);
}

static void on_outcome(const struct outcome *o, void *data)
{
	struct run *r = data;
	tally_add(&r->tally, o);
	course_add(&r->course, o, load_totals(r->load)->started_ns);
	if (o->kind == OUTCOME_OK)
		return;
	if (r->stops > 1 && !outcome_is_client_side(o->kind))
		r->cut++;
	if (r->failures)
		write_failure(r, o);
	if (r->options->max_lost && r->tally.lost >= (uint64_t)r->options->max_lost)
		load_stop(r->load);
}

static void on_live(uv_timer_t *timer)
{
	struct run *r = timer->data;
	load_live_show(&r->live, load_totals(r->load), r->tally.lost);
}

static void on_watch(uv_timer_t *timer)
{
	struct run *r = timer->data;
	limits_watch_look(&r->limits);
}

static void on_patience(uv_timer_t *timer)
{
	struct run *r = timer->data;
	r->stops = 2;
	load_abort(r->load);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct run *r = signal->data;
	if (++r->stops > 1) {
		load_abort(r->load);
		return;
	}
	progress_end();
	fprintf(stderr, "zerodrop load: stopping, waiting for what is in flight (Ctrl-C: at once)\n");
	load_stop(r->load);
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

static int open_failures(struct run *r, struct err *err)
{
	if (!r->options->failures)
		return 0;
	r->failures = fopen(r->options->failures, "we");
	if (!r->failures)
		return err_system(err, errno, "cannot write %s", r->options->failures);
	/* Line by line: what was lost stays on disk whatever becomes of us. */
	(void)setvbuf(r->failures, NULL, _IOLBF, 0);
	return 0;
}

static int close_failures(struct run *r, struct err *err)
{
	if (!r->failures)
		return 0;
	if (fclose(r->failures) == EOF && !r->failures_error)
		r->failures_error = errno;
	r->failures = NULL;
	return r->failures_error ? err_system(err, r->failures_error, "cannot write %s", r->options->failures) : 0;
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
	(void)prctl(PR_SET_TIMERSLACK, 1);
	start_watching(r, loop);
	limits_watch_start(&r->limits, 1);
	load_start(r->load);
}

static int run_load(struct run *r, struct err *err)
{
	uv_loop_t loop;
	struct load_sink sink = {.outcome = on_outcome, .done = on_done, .data = r};
	int rc = uv_loop_init(&loop);
	if (rc < 0)
		return err_system(err, -rc, "event loop");
	r->load = load_create(&loop, &r->plan.config, &sink, err);
	rc = r->load ? load_tls_check(r->options, &r->plan.config, err) : -EINVAL;
	if (rc == 0)
		rc = open_failures(r, err);
	if (rc == 0)
		start(r, &loop);
	else
		load_destroy(r->load);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (rc == 0) {
		limits_watch_end(&r->limits);
		load_destroy(r->load);
	}
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
		.tally = &r->tally,
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
	struct summary s = {
		.url = r->plan.url,
		.method = c->method,
		.rate = c->rate,
		.arrivals = c->arrivals,
		.fresh = c->fresh,
		.keepalive = c->keepalive,
		.connections = c->connections,
		.streams = c->protocol == LOAD_HTTP1 ? 0 : c->streams,
		.cut = r->cut,
		.totals = &r->totals,
		.tally = &r->tally,
		.course = &r->course,
		.notes = &notes,
		.versions = c->versions,
	};
	int rc = print_summary(r, &s, err);
	int written = close_failures(r, rc < 0 ? NULL : err);
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
	course_finish(&r->course);
	if (r->failures)
		(void)fclose(r->failures);
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
	course_init(&r->course);
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
