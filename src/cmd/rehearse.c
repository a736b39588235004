// SPDX-License-Identifier: Apache-2.0
/* rehearse.c - the verb `rehearse`: one rehearsal of the user's manifests, or the catalogue. */
#include "catalogue.h"
#include "jobs.h"
#include "progress.h"
#include "rehearsal.h"
#include "report/json.h"
#include "report/text.h"
#include "verbs.h"

#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Containers find `zerodrop` (this one), and what only root's PATH has, such as nginx. */
static void extend_path(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0)
		return;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	const char *path = getenv("PATH");
	auto_free char *extended =
		memory_printf("%s:%s:/usr/local/sbin:/usr/sbin:/sbin", self, path ? path : "/usr/bin:/bin");
	setenv("PATH", extended, 1);
}

/* Many pods, connections and pipes: as many descriptors as we may have. */
static void raise_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void print_verdict(const struct rehearsal *r, const struct timeline *t, const struct verdict *v)
{
	if (r->json) {
		json_t *json = report_json(t, v);
		json_dumpf(json, stdout, REPORT_JSON_FLAGS);
		putchar('\n');
		json_decref(json);
		return;
	}
	auto_text text = TEXT_INIT(REPORT_TEXT_MAX);
	struct winsize size = {.ws_col = 100};
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	struct report_style style = {progress_color(STDOUT_FILENO), size.ws_col};
	report_text(&text, t, v, &style);
	fputs(text_str(&text), stdout);
}

static int run_inside(int result_fd, void *data)
{
	struct rehearsal *r = data;
	struct err err = {0};
	struct conductor *c = rehearsal_conduct(r, !r->quiet, &err);
	const struct verdict *v = c ? conductor_verdict(c, &err) : NULL;
	if (err.kind != ERR_NONE)
		cmd_fail("rehearse", &err);
	int status = v ? (int)v->exit : (int)err_status(&err);
	if (v)
		print_verdict(r, conductor_timeline(c), v);
	if (v && err.kind != ERR_NONE && status == STATUS_OK)
		status = (int)err_status(&err);
	fflush(stdout);
	conductor_destroy(c);
	rehearsal_finish(r);
	return status;
}

static void tell_ignored(const struct place *at, const char *what)
{
	fprintf(stderr, "%s:%d: %s is not rehearsed\n", at->file, at->line, what);
}

/* Read, and without an effect in the lab: said, as it may change the result. */
static void tell_not_rehearsed(const struct rehearsal *r)
{
	const struct pod_spec *pod = &r->target->pod;
	for (size_t i = 0; i < r->manifest->deployment_count; i++) {
		const struct deployment *d = &r->manifest->deployments[i];
		if (!lab_runs(r->manifest, &r->lab, d))
			fprintf(stderr, "%s:%d: deployment/%s is not run: no Service leads to it\n", d->place.file,
				d->place.line, d->name);
	}
	for (size_t i = 0; i < r->manifest->service_count; i++) {
		const struct service *s = &r->manifest->services[i];
		if (s->session_affinity)
			tell_ignored(&s->place, "sessionAffinity: ClientIP");
		if (s->local_traffic_only)
			tell_ignored(&s->place, "externalTrafficPolicy: Local");
	}
	for (size_t i = 0; i < pod->container_count; i++)
		if (pod->containers[i].post_start.kind != HANDLER_NONE)
			tell_ignored(&pod->containers[i].post_start.place, "lifecycle.postStart");
}

static void tell_notes(const struct manifest *m)
{
	for (size_t i = 0; i < m->passed_over_count; i++) {
		const struct passed_over *p = &m->passed_over[i];
		fprintf(stderr, "%s:%d: %s/%s is passed over\n", p->place.file, p->place.line, p->kind, p->name);
	}
	for (char **note = m->notes; note && *note; note++)
		fprintf(stderr, "%s\n", *note);
}

static int rehearse_manifests(struct rehearsal *r)
{
	struct err err = {0};
	int rc = rehearsal_read(r, NULL, NULL, &err);
	if (rc == 0)
		rc = rehearsal_aim(r, &err);
	if (rc == 0 && r->logs && mkdir(r->logs, 0755) == -1 && errno != EEXIST)
		rc = err_system(&err, errno, "cannot make %s", r->logs);
	if (rc < 0)
		return cmd_fail("rehearse", &err);
	if (!r->quiet) {
		tell_notes(r->manifest);
		tell_not_rehearsed(r);
	}
	struct job job = {.body = run_inside, .data = r};
	jobs_run(&job, 1, 1, NULL, NULL);
	text_finish(&job.result);
	if (job.err.kind != ERR_NONE)
		return cmd_fail("rehearse", &job.err);
	if (job.status > STATUS_INCONCLUSIVE) {
		err_system(&err, 0, "the lab ended with status %d: nothing of it is left, and what it recorded is kept",
			   job.status);
		return cmd_fail("rehearse", &err);
	}
	return job.status;
}

/* The catalogue has its own manifests and load: what it would not heed is refused. */
static int refuse_in_catalogue(const struct rehearsal *r, char **argv, struct err *err)
{
	static const char *const heeded[] = {"-o", "--output", "-j", "--jobs", "--case", "--seed", "-q", "--quiet"};
	if (r->arguments[0])
		return err_input(err, "'%s': say with -f or -k where its manifests are (see --help)", r->arguments[0]);
	for (char **word = argv + 1; *word; word++) {
		size_t length = (*word)[1] == '-' ? strcspn(*word, "=") : 2;
		bool known = **word != '-';
		for (size_t i = 0; i < sizeof heeded / sizeof *heeded; i++)
			known = known || (strlen(heeded[i]) == length && !strncmp(*word, heeded[i], length));
		if (!known)
			return err_input(err,
					 "%.*s: say with -f or -k what to rehearse; the catalogue has no use for it "
					 "(see --help)",
					 (int)length, *word);
	}
	return 0;
}

static int refuse(const struct rehearsal *r, char **argv, struct err *err)
{
	bool manifests = r->files || r->kustomizations;
	if (manifests && r->case_name)
		return err_input(
			err,
			"--case is of the catalogue, which has manifests of its own: not with -f or -k (see --help)");
	return manifests ? 0 : refuse_in_catalogue(r, argv, err);
}

int cmd_rehearse(int argc, char **argv)
{
	struct rehearsal r = {0};
	struct err err = {0};
	int rc = rehearsal_parse(&r, argc, argv, &err);
	if (rc < 0)
		return cmd_fail("rehearse", &err);
	if (rc > 0)
		return STATUS_OK;
	extend_path();
	raise_limits();
	int status;
	if (refuse(&r, argv, &err) < 0)
		status = cmd_fail("rehearse", &err);
	else
		status = r.files || r.kustomizations ? rehearse_manifests(&r) : catalogue_run(&r);
	rehearsal_finish(&r);
	return status;
}
