// SPDX-License-Identifier: Apache-2.0
/* rehearsal_options.c - the command line of `rehearse`. */
#include "rehearsal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/units.h"
#include "base/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An option table writes to fixed places: there is one command line. */
static struct rehearsal parsed;

static int take_via(const char *value, void *field, struct err *err)
{
	static const char *const names[] = {"service", "ingress", "pod"};
	for (int i = 0; i < 3; i++) {
		if (!strcmp(value, names[i])) {
			parsed.lab.via = (enum lab_via)i;
			return 0;
		}
	}
	return err_input(err, "'%s' is not one of service, ingress, pod", value);
}

/* [PLANE=]DURATION[-DURATION] */
static int take_lag(const char *value, void *field, struct err *err)
{
	if (parsed.lab.lag_count == LAB_LAGS_MAX)
		return err_input(err, "at most %d times", LAB_LAGS_MAX);
	struct lab_lag *lag = &parsed.lab.lags[parsed.lab.lag_count];
	const char *equals = strchr(value, '=');
	snprintf(lag->plane, sizeof lag->plane, "%.*s", equals ? (int)(equals - value) : 0, value);
	int rc = units_range(equals ? equals + 1 : value, &lag->low_ns, &lag->high_ns, err);
	if (rc == 0)
		parsed.lab.lag_count++;
	else if (equals)
		err_wrap(err, "'%s'", value);
	return rc;
}

static int take_on_off(const char *value, void *field, struct err *err)
{
	bool on = !strcmp(value, "on");
	if (!on && strcmp(value, "off"))
		return err_input(err, "'%s' is neither on nor off", value);
	*(bool *)field = on;
	return 0;
}

static int take_gone(const char *value, void *field, struct err *err)
{
	bool blackhole = !strcmp(value, "blackhole");
	if (!blackhole && strcmp(value, "unreachable"))
		return err_input(err, "'%s' is neither unreachable nor blackhole", value);
	parsed.lab.gone = blackhole ? WIRE_GONE_BLACKHOLE : WIRE_GONE_UNREACHABLE;
	return 0;
}

static const struct option_spec specs[] = {
	{OPTION_HEADING, 0, NULL, NULL, "What to rehearse (without -f or -k: the catalogue of edge cases)", NULL, 0, 0,
	 NULL, NULL},
	{OPTION_TEXTS, 'f', "filename", "FILE|DIR|-",
	 "manifests: a file, a folder or standard input; may be given again", &parsed.files, 0, 0, NULL, NULL},
	{OPTION_TEXTS, 'k', "kustomize", "DIR", "a kustomization, rendered by kubectl", &parsed.kustomizations, 0, 0,
	 NULL, NULL},
	{OPTION_TEXTS, 0, "run", "NAME='COMMAND'",
	 "what to run for container NAME, whose image is not pulled; \"$@\" in it stands for the container's own "
	 "command and args",
	 &parsed.runs, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 0, "rollouts", "N", "how many rolling updates, one after another", &parsed.rollouts, 1, 10000,
	 NULL, NULL},
	{OPTION_TEXT, 0, "case", "NAME",
	 "only this edge case of the catalogue, in full (premature-activation, premature-shutdown, stale-endpoint, "
	 "keepalive-race, grace-exceeded, capacity-gap)",
	 &parsed.case_name, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 'j', "jobs", "N", "how many runs of the catalogue at the same time", &parsed.jobs, 1, 64, NULL,
	 NULL},

	{OPTION_HEADING, 0, NULL, NULL, "The load", NULL, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 'r', "rate", "N", "requests per second, all modes together", &parsed.rate, 1, 100000, NULL,
	 NULL},
	{OPTION_TEXT, 'X', "method", "METHOD", "request method; POST shows what the retries of an ingress hide",
	 &parsed.method, 0, 0, NULL, NULL},
	{OPTION_TEXTS, 0, "path", "PATH", "request path; several are taken in turn [/]", &parsed.paths, 0, 0, NULL,
	 NULL},
	{OPTION_TEXTS, 'H', "header", "'NAME: VALUE'", "a request header; may be given again", &parsed.headers, 0, 0,
	 NULL, NULL},
	{OPTION_TEXT, 'b', "body", "TEXT", "request body", &parsed.body, 0, 0, NULL, NULL},
	{OPTION_SWITCH, 0, "fresh", NULL, "a new connection for each request (default: this and --keepalive in turn)",
	 &parsed.fresh, 0, 0, NULL, NULL},
	{OPTION_SWITCH, 0, "keepalive", NULL, "connections that are used again", &parsed.keepalive, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 'c', "connections", "N", "at most so many connections at the same time", &parsed.connections, 1,
	 20000, NULL, NULL},
	{OPTION_DURATION, 0, "timeout", "TIME", "a request that takes longer is lost", &parsed.timeout_ns, NS_PER_MS,
	 3600 * NS_PER_S, NULL, NULL},
	{OPTION_DURATION, 0, "connect-timeout", "TIME", "for the handshake", &parsed.connect_timeout_ns, NS_PER_MS,
	 3600 * NS_PER_S, NULL, NULL},
	{OPTION_DURATION, 0, "warmup", "TIME", "load before the rolling update begins", &parsed.warmup_ns, 0,
	 3600 * NS_PER_S, NULL, NULL},
	{OPTION_DURATION, 0, "cooldown", "TIME", "load after the last old pod has gone", &parsed.cooldown_ns, 0,
	 3600 * NS_PER_S, NULL, NULL},
	{OPTION_DURATION, 'd', "duration", "TIME",
	 "stop the load after this time even when the update is not done (default: when all is done)",
	 &parsed.duration_ns, 0, 86400 * NS_PER_S, NULL, NULL},

	{OPTION_HEADING, 0, NULL, NULL, "The cluster", NULL, 0, 0, NULL, NULL},
	{OPTION_CALL, 0, "via", "service|ingress|pod",
	 "which way requests take: a Service's address on each node; an nginx ingress; a load balancer straight to pod "
	 "addresses",
	 NULL, 0, 0, take_via, "service"},
	{OPTION_NUMBER, 0, "nodes", "N", "nodes, each with its own proxy", &parsed.nodes, 1, 32, NULL, NULL},
	{OPTION_CALL, 0, "lag", "[PLANE=]TIME[-TIME]",
	 "how late a data plane learns of a change of endpoints, fixed or drawn from a range; PLANE is nodes, node-2, "
	 "ingress or pods; may be given again",
	 NULL, 0, 0, take_lag, "nodes and pods 50ms-100ms, ingress 3s"},
	{OPTION_CALL, 0, "ingress-retries", "on|off",
	 "whether the ingress tries other pods, three at most, on error and timeout", &parsed.lab.ingress_retries, 0, 0,
	 take_on_off, "on"},
	{OPTION_DURATION, 0, "rtt", "TIME",
	 "round trip added between the clients and the nodes; needs /dev/net/tun [0s]", &parsed.rtt_ns, 0,
	 10 * NS_PER_S, NULL, NULL},
	{OPTION_CALL, 0, "gone", "unreachable|blackhole",
	 "what becomes of packets to a pod that is gone, which is up to the CNI", NULL, 0, 0, take_gone, "unreachable"},
	{OPTION_NUMBER, 0, "seed", "N",
	 "for all that is drawn: names, lags, which pod goes first (default: a new one each time)", &parsed.seed, 1,
	 INT64_MAX, NULL, NULL},

	{OPTION_HEADING, 0, NULL, NULL, "Output", NULL, 0, 0, NULL, NULL},
	{OPTION_TEXT, 'o', "output", "text|json", "format of the verdict on standard output", &parsed.output, 0, 0,
	 NULL, NULL},
	{OPTION_TEXT, 0, "record", "FILE", "write everything that happens, as it happens (zerodrop report reads it)",
	 &parsed.record, 0, 0, NULL, NULL},
	{OPTION_TEXT, 0, "logs", "DIR", "write what each container prints to DIR/POD.CONTAINER.log", &parsed.logs, 0, 0,
	 NULL, NULL},
	{OPTION_SWITCH, 'q', "quiet", NULL, "no progress on standard error", &parsed.quiet, 0, 0, NULL, NULL},
	{0},
};

static const struct options options = {
	"zerodrop rehearse [options] [deployment/NAME]",
	"Rolls a Deployment over on this machine, under load, and says which requests were lost and why. Pods are\n"
	"processes in network namespaces, the Service is nftables, the ingress a real nginx; root is not needed.",
	specs,
	"  zerodrop rehearse                                    the catalogue of edge cases\n"
	"  zerodrop rehearse -f k8s/ --run web='./server --port 8080'\n"
	"  zerodrop rehearse -k overlays/prod --via ingress -X POST --path / --path '/?wait=5'\n"
	"  kubectl get deploy,svc -o yaml | zerodrop rehearse -f - --run web=./server -o json\n"
	"  zerodrop rehearse -f k8s/ --lag node-2=2s --lag ingress=1s-5s --rollouts 20 --record run.jsonl\n",
	NULL,
};

static void defaults(struct rehearsal *r)
{
	*r = (struct rehearsal){
		.method = memory_copy("GET"),
		.output = memory_copy("text"),
		.rate = 100,
		.connections = 2000,
		.nodes = 3,
		.rollouts = 1,
		.jobs = 6,
		.timeout_ns = 30 * NS_PER_S,
		.connect_timeout_ns = 5 * NS_PER_S,
		.warmup_ns = 2 * NS_PER_S,
		.cooldown_ns = 2 * NS_PER_S,
		.lab = {.ingress_retries = true},
	};
}

static int split_runs(struct rehearsal *r, struct err *err)
{
	for (char **run = r->runs; run && *run; run++) {
		char *equals = strchr(*run, '=');
		if (!equals || equals == *run || !equals[1])
			return err_input(err, "--run: '%s' is not NAME='command' (see --help)", *run);
		if (r->lab.run_count == REHEARSAL_RUNS_MAX)
			return err_input(err, "--run: at most %d times", REHEARSAL_RUNS_MAX);
		*equals = '\0';
		r->run_list[r->lab.run_count++] = (struct lab_run){*run, equals + 1};
	}
	return 0;
}

static int check_values(struct rehearsal *r, struct err *err)
{
	r->json = !strcmp(r->output, "json");
	if (!r->json && strcmp(r->output, "text"))
		return err_input(err, "--output: '%s' is neither text nor json (see --help)", r->output);
	for (char **path = r->paths; path && *path; path++)
		if (**path != '/' || strpbrk(*path, " \r\n"))
			return err_input(err, "--path: '%s' must begin with / and hold no blank (see --help)", *path);
	for (char **header = r->headers; header && *header; header++)
		if (!strchr(*header, ':') || **header == ':' || strpbrk(*header, "\r\n"))
			return err_input(err, "--header: '%s' is not 'NAME: VALUE' (see --help)", *header);
	if (!*r->method || strspn(r->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(r->method))
		return err_input(err, "--method: '%s' is not a method (as in GET, POST) (see --help)", r->method);
	for (int i = 0; i < r->lab.lag_count; i++) {
		const char *plane = r->lab.lags[i].plane;
		char *end = NULL;
		long node = strncmp(plane, "node-", 5) ? 0 : strtol(plane + 5, &end, 10);
		bool known = !*plane || !strcmp(plane, "nodes") || !strcmp(plane, "ingress") ||
			     !strcmp(plane, "pods") || (node >= 1 && node <= r->nodes && !*end);
		if (!known)
			return err_input(
				err, "--lag: no data plane '%s' (there are: nodes, node-1 to node-%lld, ingress, pods)",
				plane, (long long)r->nodes);
	}
	return split_runs(r, err);
}

int rehearsal_parse(struct rehearsal *r, int argc, char **argv, struct err *err)
{
	defaults(&parsed);
	int rc = options_parse(&options, argc, argv, &parsed.arguments, err);
	if (rc != 0)
		return rc;
	if (!parsed.paths)
		words_push(&parsed.paths, "/");
	if (!parsed.fresh && !parsed.keepalive)
		parsed.fresh = parsed.keepalive = true;
	if (!parsed.seed)
		parsed.seed = (int64_t)(((uint64_t)clock_wall_ns() ^ (uint64_t)clock_ns() << 20) & INT64_MAX);
	rc = check_values(&parsed, err);
	parsed.lab.nodes = (int)parsed.nodes;
	parsed.lab.seed = (uint64_t)parsed.seed;
	parsed.lab.rtt_ns = parsed.rtt_ns;
	parsed.lab.logs = parsed.logs;
	*r = parsed;
	r->lab.runs = r->run_list;
	return rc;
}

void rehearsal_finish(struct rehearsal *r)
{
	words_free(r->files);
	words_free(r->kustomizations);
	words_free(r->runs);
	words_free(r->paths);
	words_free(r->headers);
	free(r->arguments);
	free(r->method);
	free(r->body);
	free(r->record);
	free(r->logs);
	free(r->output);
	free(r->case_name);
	manifest_destroy(r->manifest);
}
