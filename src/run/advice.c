// SPDX-License-Identifier: Apache-2.0
#include "advice.h"

#include "base/text.h"
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

#define ADVICE_MAX 4096
#define LEAST_SLEEP_S 5 /* real data planes are slower than a quiet machine's */
#define GRACE_MARGIN_S 5

struct figures {
	int64_t lag_ns; /* longest from a pod's deletion to its last plane's removal, or to its last stale request */
	int64_t longest_ns; /* longest request, answered or cut */
	int64_t hook_ns;    /* longest preStop */
	int64_t warm_up_ns; /* longest from ready to the first good answer */
	int64_t idle_ns;    /* shortest idle time of this finding's failures */
};

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t seconds_up(int64_t ns)
{
	return (ns + NS_PER_S - 1) / NS_PER_S;
}

static void figures_of_pod(struct figures *n, const struct scene *s, int pod)
{
	const struct lifetime *l = &s->lives.pods[pod];
	const struct timeline_pod *p = &s->t->pods[pod];
	if (l->deleted_ns != TIME_NEVER)
		for (int i = 0; i < s->t->plane_count; i++)
			if (l->plane_removed_ns[i] != TIME_NEVER)
				n->lag_ns = greater(n->lag_ns, l->plane_removed_ns[i] - l->deleted_ns);
	if (l->hook_started_ns != TIME_NEVER && l->hook_ended_ns != TIME_NEVER)
		n->hook_ns = greater(n->hook_ns, l->hook_ended_ns - l->hook_started_ns);
	else if (lifetime_hook_took_grace(l)) /* how long it would have taken nobody saw */
		n->hook_ns = greater(n->hook_ns, l->grace_ns);
	if (l->ready_ns != TIME_NEVER && p->first_ok_ns != TIME_NEVER)
		n->warm_up_ns = greater(n->warm_up_ns, p->first_ok_ns - l->ready_ns);
}

static struct figures figures_of(const struct scene *s, const struct finding *f, const enum cause *causes)
{
	struct figures n = {.longest_ns = s->t->longest_ok_ns, .idle_ns = INT64_MAX};
	for (int pod = 0; pod < s->t->pod_count; pod++)
		figures_of_pod(&n, s, pod);
	n.hook_ns = greater(n.hook_ns, s->t->facts.pre_stop_sleep_ns);
	for (size_t i = 0; i < s->t->failure_count; i++) {
		const struct failure *failure = &s->t->failures[i];
		const struct outcome *o = &failure->outcome;
		if (causes[i] != f->cause)
			continue;
		if (s->manners[i] != MANNER_CONNECT && s->manners[i] != MANNER_TIMEOUT)
			n.longest_ns = greater(n.longest_ns, o->ended_ns - o->started_ns);
		if (f->cause == CAUSE_STALE_ENDPOINT && failure->pod != EVENT_NONE)
			n.lag_ns = greater(n.lag_ns, o->started_ns - s->lives.pods[failure->pod].deleted_ns);
		if (o->idle_ns < n.idle_ns)
			n.idle_ns = o->idle_ns;
	}
	return n;
}

static const char *container(const struct scene *s)
{
	return s->t->facts.container[0] ? s->t->facts.container : "web";
}

static int64_t port(const struct scene *s)
{
	return s->t->facts.port ? s->t->facts.port : 8080;
}

/* Twice the longest lag that was seen, and no less than what is usual elsewhere. */
static int64_t sleep_s(const struct figures *n)
{
	return greater(seconds_up(2 * n->lag_ns), LEAST_SLEEP_S);
}

/* The grace period must cover the hook, then the longest request. */
static void advise_grace(struct text *out, const struct scene *s, const struct figures *n, int64_t hook_s)
{
	int64_t needed = hook_s + seconds_up(n->longest_ns) + GRACE_MARGIN_S;
	char longest[UNITS_SIZE];
	if (needed * NS_PER_S <= s->t->facts.grace_ns)
		return;
	text_printf(out,
		    "\nterminationGracePeriodSeconds: %" PRIi64 "   # preStop %" PRIi64
		    " s, longest request %s, margin",
		    needed, hook_s, units_show_duration(n->longest_ns, longest));
}

static void advise_pre_stop(struct text *out, const struct scene *s, const struct figures *n)
{
	int64_t seconds = sleep_s(n);
	text_printf(out,
		    "\ncontainers:\n- name: %s\n  lifecycle:\n    preStop:\n      sleep: {seconds: %" PRIi64
		    "}   # before Kubernetes 1.30: exec: {command: [sleep, \"%" PRIi64 "\"]}",
		    container(s), seconds, seconds);
	advise_grace(out, s, n, seconds);
}

static void advise_stale(struct text *out, const struct scene *s, const struct figures *n)
{
	char lag[UNITS_SIZE];
	text_printf(out, "Go on serving until every data plane has heard: the slowest took %s here. ",
		    units_show_duration(n->lag_ns, lag));
	text_add(out, s->t->facts.has_pre_stop
			      ? "The preStop hook is too short for that, or it stops the server itself:"
			      : "There is no preStop hook:");
	advise_pre_stop(out, s, n);
}

static void advise_shutdown(struct text *out, const struct scene *s, const struct figures *n)
{
	char longest[UNITS_SIZE];
	text_printf(
		out,
		"On TERM, finish what was accepted (up to %s here) before leaving: the server's own graceful shutdown, "
		"switched on and waited for to its end. A program that cannot do that needs a preStop hook that lasts "
		"until traffic has stopped and the last answer is out.",
		units_show_duration(n->longest_ns, longest));
	advise_grace(out, s, n, seconds_up(n->hook_ns));
}

static void advise_keepalive(struct text *out, const struct scene *s, const struct figures *n)
{
	text_add(out, "On TERM, go on serving for a while, answer the next request on each connection with "
		      "`Connection: close`, and close no idle connection under a client's hands. A preStop sleep alone "
		      "does not help kept-alive connections: "
		      "they stay with the pod until somebody closes them.");
}

static void advise_idle(struct text *out, const struct scene *s, const struct figures *n)
{
	char idle[UNITS_SIZE];
	text_printf(out,
		    "Connections were closed after about %s idle. Set the server's idle timeout above that of whoever "
		    "keeps "
		    "connections to it (load balancers: often 60 s), or theirs below it.",
		    units_show_duration(n->idle_ns, idle));
}

static void advise_exceeded(struct text *out, const struct scene *s, const struct figures *n)
{
	char hook[UNITS_SIZE], longest[UNITS_SIZE], grace[UNITS_SIZE];
	text_printf(out, "A grace period of %s is too short for ", units_show_duration(s->t->facts.grace_ns, grace));
	if (n->hook_ns)
		text_printf(out, "a preStop of %s and then ", units_show_duration(n->hook_ns, hook));
	text_printf(out, "requests of %s%s:", units_show_duration(n->longest_ns, longest),
		    n->hook_ns ? "" : " and perhaps more (they were cut)");
	int64_t needed = seconds_up(n->hook_ns) + seconds_up(n->longest_ns) + GRACE_MARGIN_S;
	if (needed * NS_PER_S <= s->t->facts.grace_ns)
		text_add(out, " By its length it would do: the server went on taking requests after TERM until it was "
			      "killed. "
			      "It must answer with `Connection: close` from then on, and leave.");
	text_printf(out, "\nterminationGracePeriodSeconds: %" PRIi64,
		    greater(needed, seconds_up(s->t->facts.grace_ns) + GRACE_MARGIN_S));
}

static void advise_hook(struct text *out, const struct scene *s, const struct figures *n)
{
	text_printf(out,
		    "The hook (%s) could not do its work: images without a shell have no `sleep`. Use one that needs "
		    "nothing in the image:",
		    s->t->facts.pre_stop[0] ? s->t->facts.pre_stop : "preStop");
	advise_pre_stop(out, s, n);
}

static void advise_activation(struct text *out, const struct scene *s, const struct figures *n)
{
	char warm_up[UNITS_SIZE];
	if (s->t->facts.has_readiness)
		text_printf(
			out,
			"The readiness probe%s%s%s says yes before the service can answer: let it ask what serves, and "
			"fail until that works.",
			s->t->facts.readiness[0] ? " (" : "", s->t->facts.readiness,
			s->t->facts.readiness[0] ? ")" : "");
	else
		text_add(out, "Without a readiness probe a pod is sent requests as soon as its process runs.");
	if (n->warm_up_ns > 0)
		text_printf(out, " The first good answer came up to %s after the pod counted as ready.",
			    units_show_duration(n->warm_up_ns, warm_up));
	if (!s->t->facts.has_readiness)
		text_printf(out,
			    "\ncontainers:\n- name: %s\n  readinessProbe:\n    httpGet: {path: /, port: %" PRIi64
			    "}\n    periodSeconds: 1",
			    container(s), port(s));
}

static void advise_capacity(struct text *out, const struct scene *s, const struct figures *n)
{
	if (s->t->facts.recreate)
		text_add(out, "strategy Recreate ends every old pod before it starts a new one:");
	else if (s->t->facts.max_unavailable > 0)
		text_printf(out,
			    "maxUnavailable takes %" PRIi64 " of %" PRIi64 " pods away before their successors serve:",
			    s->t->facts.max_unavailable, s->t->facts.replicas);
	else
		text_add(out, "Have more pods ready than the load needs, also while one is replaced:");
	text_add(out, "\nstrategy:\n  type: RollingUpdate\n  rollingUpdate: {maxUnavailable: 0, maxSurge: 1}");
	if (s->t->facts.replicas < 2)
		text_add(out, "\nreplicas: 2");
}

static void advise_liveness(struct text *out, const struct scene *s, const struct figures *n)
{
	const char *probe = s->t->facts.liveness;
	text_printf(out,
		    "Liveness is for a process that only a restart can mend: do not let the probe%s%s%s fail under "
		    "load, nor "
		    "ask what readiness asks. Give it a longer timeoutSeconds and failureThreshold, and a startupProbe "
		    "for a "
		    "slow start.",
		    probe[0] ? " (" : "", probe, probe[0] ? ")" : "");
}

static void advise_release(struct text *out, const struct scene *s, const struct figures *n)
{
	text_add(out, "The new version itself fails: take it back (kubectl rollout undo) and mend it.");
	if (!s->t->facts.has_readiness)
		text_add(out,
			 " A readiness probe on what serves would have held the rollout with the old pods in place.");
}

static void advise_client(struct text *out, const struct scene *s, const struct figures *n)
{
	text_add(out, "Give the load more room: fewer new connections, more local ports "
		      "(net.ipv4.ip_local_port_range), more files (ulimit -n).");
}

static void advise_unexplained(struct text *out, const struct scene *s, const struct figures *n)
{
	text_add(out, "Look at the pods' own logs at these times; the record (zerodrop report) has every one of these "
		      "requests.");
}

char *advice_text(const struct scene *s, const struct finding *f, const enum cause *causes)
{
	static void (*const advise[CAUSES])(struct text *, const struct scene *, const struct figures *) = {
		[CAUSE_PREMATURE_ACTIVATION] = advise_activation,
		[CAUSE_PREMATURE_SHUTDOWN] = advise_shutdown,
		[CAUSE_STALE_ENDPOINT] = advise_stale,
		[CAUSE_KEEPALIVE_RACE] = advise_keepalive,
		[CAUSE_IDLE_TIMEOUT_RACE] = advise_idle,
		[CAUSE_GRACE_EXCEEDED] = advise_exceeded,
		[CAUSE_HOOK_FAILED] = advise_hook,
		[CAUSE_CAPACITY_GAP] = advise_capacity,
		[CAUSE_LIVENESS_KILL] = advise_liveness,
		[CAUSE_BAD_RELEASE] = advise_release,
		[CAUSE_CLIENT_SIDE] = advise_client,
		[CAUSE_UNEXPLAINED] = advise_unexplained,
	};
	auto_text out = TEXT_INIT(ADVICE_MAX);
	struct figures n = figures_of(s, f, causes);
	advise[f->cause](&out, s, &n);
	return text_steal(&out);
}
