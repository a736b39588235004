// SPDX-License-Identifier: Apache-2.0
#include "catalogue.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/words.h"
#include "jobs.h"
#include "progress.h"
#include "report/json.h"
#include "report/text.h"
#include "table.h"
#include "verbs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The manifests of catalogue/, as they are there. */
#define EMBED(symbol, file)                                                                                            \
	extern const char symbol[];                                                                                    \
	__asm__(".section .rodata\n" #symbol ":\n.incbin \"" CATALOGUE_FOLDER "/" file "\"\n.byte 0\n.previous\n")

EMBED(premature_activation_without, "premature-activation/as-deployed.yaml");
EMBED(premature_activation_with, "premature-activation/fixed.yaml");
EMBED(premature_shutdown_without, "premature-shutdown/as-deployed.yaml");
EMBED(premature_shutdown_with, "premature-shutdown/fixed.yaml");
EMBED(stale_endpoint_without, "stale-endpoint/as-deployed.yaml");
EMBED(stale_endpoint_with, "stale-endpoint/fixed.yaml");
EMBED(keepalive_race_without, "keepalive-race/as-deployed.yaml");
EMBED(keepalive_race_with, "keepalive-race/fixed.yaml");
EMBED(grace_exceeded_without, "grace-exceeded/as-deployed.yaml");
EMBED(grace_exceeded_with, "grace-exceeded/fixed.yaml");
EMBED(capacity_gap_without, "capacity-gap/as-deployed.yaml");
EMBED(capacity_gap_with, "capacity-gap/fixed.yaml");

static const struct edge_case cases[] = {
	{"premature-activation",
	 "used before it serves",
	 "readiness probe",
	 {premature_activation_without, premature_activation_with},
	 ""},
	{"premature-shutdown",
	 "ends at TERM with requests in flight",
	 "graceful shutdown",
	 {premature_shutdown_without, premature_shutdown_with},
	 "--path / --path '/?wait=3'"},
	{"stale-endpoint",
	 "stops listening before all have heard",
	 "lame duck (preStop)",
	 {stale_endpoint_without, stale_endpoint_with},
	 "--lag node-2=1500ms --lag node-3=2s-3s"},
	{"keepalive-race",
	 "closes idle connections at shutdown",
	 "Connection: close in lame duck",
	 {keepalive_race_without, keepalive_race_with},
	 "--rate 600 --rtt 40ms"},
	{"grace-exceeded",
	 "preStop longer than the grace period",
	 "grace period that adds up",
	 {grace_exceeded_without, grace_exceeded_with},
	 "--path / --path '/?wait=4'"},
	{"capacity-gap",
	 "half of the replicas away under load",
	 "surge",
	 {capacity_gap_without, capacity_gap_with},
	 "--rate 240 --timeout 2s"},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* ---- inside ---- */

static int side_fail(int result_fd, const struct err *err)
{
	dprintf(result_fd, "%s", err->text);
	return err_status(err);
}

static int side_tell(int result_fd, const struct conductor *c, const struct verdict *v)
{
	auto_text text = TEXT_INIT(REPORT_TEXT_MAX);
	report_text(&text, conductor_timeline(c), v, &(struct report_style){.width = 100});
	json_t *json = json_pack("{so ss%}", "verdict", report_json(conductor_timeline(c), v), "text", text_str(&text),
				 text.length);
	(void)json_dumpfd(json, result_fd, JSON_COMPACT);
	json_decref(json);
	return (int)v->exit;
}

static int side_inside(int result_fd, void *data)
{
	const struct side *s = data;
	struct rehearsal r = {0};
	struct err err = {0};
	auto_free char *line = memory_printf("rehearse --method POST --warmup 1s --cooldown 1s --seed %lld %s",
					     (long long)s->options->seed, s->edge_case->options);
	char **argv = NULL;
	char name[96];
	snprintf(name, sizeof name, "catalogue/%s/%s.yaml", s->edge_case->name, s->which ? "fixed" : "as-deployed");
	int rc = words_split(line, &argv, &err);
	if (rc == 0)
		rc = rehearsal_parse(&r, (int)words_count(argv), argv, &err);
	if (rc == 0)
		rc = rehearsal_read(&r, name, s->edge_case->manifests[s->which], &err);
	if (rc == 0)
		rc = rehearsal_aim(&r, &err);
	struct conductor *c = rc == 0 ? rehearsal_conduct(&r, false, &err) : NULL;
	const struct verdict *v = c ? conductor_verdict(c, &err) : NULL;
	int status = v && err.kind == ERR_NONE ? side_tell(result_fd, c, v) : side_fail(result_fd, &err);
	conductor_destroy(c);
	rehearsal_finish(&r);
	words_free(argv);
	return status;
}

/* ---- outside ---- */

struct watch {
	bool quiet;
	int64_t started_ns;
};

static void take_result(struct side *s, const struct job *j)
{
	json_t *json = json_loads(text_str(&j->result), 0, NULL);
	s->told = true;
	s->status = j->status;
	s->result = json_incref(json_object_get(json, "verdict"));
	const char *text = json_string_value(json_object_get(json, "text"));
	s->text = memory_copy(text               ? text
			      : j->err.kind      ? j->err.text
			      : j->result.length ? text_str(&j->result)
						 : "it ended without a result");
	json_decref(json);
}

static void watch_jobs(struct job *jobs, int count, void *data)
{
	const struct watch *w = data;
	int running = 0, done = 0;
	for (int i = 0; i < count; i++) {
		struct side *s = jobs[i].data;
		running += jobs[i].state == JOB_RUNNING;
		done += jobs[i].state == JOB_DONE;
		if (jobs[i].state != JOB_DONE || s->told)
			continue;
		take_result(s, &jobs[i]);
		if (!w->quiet)
			table_tell(s);
	}
	if (!w->quiet)
		progress_line("%5.1f s  %d of %d runs done, %d running", (double)(clock_ns() - w->started_ns) / 1e9,
			      done, count, running);
}

static int judge(const struct side *sides, int count, bool interrupted)
{
	int status = STATUS_OK;
	if (interrupted)
		return STATUS_INCONCLUSIVE;
	for (int i = 0; i < count; i++) {
		if (!sides[i].result)
			return STATUS_SYSTEM;
		if (!side_is_as_it_should(&sides[i]))
			status = STATUS_LOST;
	}
	return status;
}

static int choose_cases(const struct rehearsal *options, struct side *sides, struct err *err)
{
	int count = 0;
	for (int i = 0; i < CASES; i++) {
		if (options->case_name && strcmp(options->case_name, cases[i].name))
			continue;
		sides[count++] = (struct side){.edge_case = &cases[i], .which = 0, .options = options};
		sides[count++] = (struct side){.edge_case = &cases[i], .which = 1, .options = options};
	}
	if (count)
		return count;
	auto_text names = TEXT_INIT(1024);
	for (int i = 0; i < CASES; i++)
		text_printf(&names, "%s%s", i ? ", " : "", cases[i].name);
	return err_input(err, "--case: no edge case '%s' (there are: %s)", options->case_name, text_str(&names));
}

int catalogue_run(const struct rehearsal *options)
{
	struct side sides[2 * CASES];
	struct job jobs[2 * CASES] = {0};
	struct err err = {0};
	int count = choose_cases(options, sides, &err);
	if (count < 0)
		return cmd_fail("rehearse", &err);
	for (int i = 0; i < count; i++) {
		jobs[i].body = side_inside;
		jobs[i].data = &sides[i];
	}
	struct watch watch = {options->quiet, clock_ns()};
	if (!options->quiet)
		fprintf(stderr, "Rehearsing %d edge case%s, as people deploy it and with its fix:\n", count / 2,
			count > 2 ? "s, each" : "");
	bool interrupted = jobs_run(jobs, count, (int)options->jobs, watch_jobs, &watch);
	progress_end();
	int status = judge(sides, count, interrupted);
	if (options->json)
		table_print_json(sides, count, status);
	else
		table_print(sides, count, options->case_name != NULL);
	for (int i = 0; i < count; i++) {
		json_decref(sides[i].result);
		free(sides[i].text);
		text_finish(&jobs[i].result);
	}
	return status;
}
