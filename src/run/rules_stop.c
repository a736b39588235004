// SPDX-License-Identifier: Apache-2.0
/* rules_stop.c - requests lost at a pod on its way out: stale-endpoint, premature-shutdown, keepalive-race,
 * grace-exceeded, hook-failed.
 *
 * What tells them apart is when the request began and on what. A new connection that began after the pod was told to
 * stop should never have been sent there; what had begun before was accepted work; and a reused connection that is cut
 * at once, without a byte, crossed the server's close on the wire. */
#include "attribution.h"
#include "scene.h"

#define KILL_TAIL_NS NS_PER_S /* sockets of a killed process close at once, but news may travel */

struct asked {
	const struct scene *s;
	size_t i;
	const struct outcome *o;
	const struct timeline_pod *pod;
	const struct lifetime *life;
	int index; /* of the pod */
};

static bool began_before(const struct asked *a, int64_t at_ns)
{
	return a->o->started_ns < at_ns;
}

static bool ended_near(const struct asked *a, int64_t at_ns)
{
	return at_ns != TIME_NEVER && a->o->ended_ns >= at_ns - SCENE_SLACK_NS &&
	       a->o->ended_ns <= at_ns + SCENE_MOMENT_NS;
}

/* It went on answering requests that began after it had been told to stop. */
static bool serves_while_stopping(const struct asked *a)
{
	return a->pod->last_started_ns != TIME_EVER && a->pod->last_started_ns > a->life->told_ns + SCENE_SLACK_NS;
}

/* Sent there although it had been told to stop. When its plane had long forgotten it, the plane is not to blame. */
static enum cause stale(const struct asked *a)
{
	return scene_was_listed(a->s, a->i, a->index) ? CAUSE_STALE_ENDPOINT : CAUSE_UNEXPLAINED;
}

/* A request that the pod had accepted was cut: by KILL, or by its own end. */
static enum cause accepted_work(const struct asked *a)
{
	const struct lifetime *l = a->life;
	bool at_kill = l->kill_ns != TIME_NEVER && a->o->ended_ns >= l->kill_ns - SCENE_SLACK_NS &&
		       a->o->ended_ns <= l->kill_ns + KILL_TAIL_NS && began_before(a, l->kill_ns);
	return at_kill || lifetime_hook_took_grace(l) ? CAUSE_GRACE_EXCEEDED : CAUSE_PREMATURE_SHUTDOWN;
}

/* A new connection without a byte of answer, begun after the pod was told. It may have been accepted and served, when
 * the pod goes on serving; else it waited at a listener that nobody looked after. */
static enum cause new_and_silent(const struct asked *a)
{
	bool in_flight = scene_took_ns(a->s, a->i) >= SCENE_MOMENT_NS && ended_near(a, a->life->ended_ns);
	bool killed = accepted_work(a) == CAUSE_GRACE_EXCEEDED;
	/* It waited until KILL: somebody had listened until then. */
	if (killed && scene_took_ns(a->s, a->i) >= SCENE_MOMENT_NS && a->life->kill_ns != TIME_NEVER)
		return CAUSE_GRACE_EXCEEDED;
	if (serves_while_stopping(a) && (in_flight || killed))
		return accepted_work(a);
	return stale(a);
}

/* A reused connection without a byte of answer, begun after the pod was told. */
static enum cause reused_and_silent(const struct asked *a)
{
	if (accepted_work(a) == CAUSE_GRACE_EXCEEDED)
		return CAUSE_GRACE_EXCEEDED;
	if (ended_near(a, a->life->ended_ns) && a->s->has_long_in_burst[a->i])
		return CAUSE_PREMATURE_SHUTDOWN;
	return scene_took_ns(a->s, a->i) < SCENE_MOMENT_NS ? CAUSE_KEEPALIVE_RACE : CAUSE_PREMATURE_SHUTDOWN;
}

static enum cause cut(const struct asked *a)
{
	bool reused = scene_is_reused(a->s, a->i);
	int64_t told = a->life->told_ns - (reused ? SCENE_WIRE_NS : 0);
	if (scene_crossed_close(a->s, a->i) && accepted_work(a) != CAUSE_GRACE_EXCEEDED)
		return CAUSE_KEEPALIVE_RACE;
	if (a->s->manners[a->i] == MANNER_CUT_ANSWER || began_before(a, told))
		return accepted_work(a);
	return reused ? reused_and_silent(a) : new_and_silent(a);
}

/* Silence: the pod's network went away, or nobody looks after its listener any more. */
static enum cause timeout(const struct asked *a)
{
	bool reused = scene_is_reused(a->s, a->i);
	bool silent = a->o->kind == OUTCOME_WAIT_TIMEOUT;
	bool after_told = !began_before(a, a->life->told_ns);
	if (a->life->ended_ns <= a->o->ended_ns) {
		if (!began_before(a, a->life->ended_ns))
			return reused ? CAUSE_KEEPALIVE_RACE : stale(a);
		return after_told && !reused && silent && !serves_while_stopping(a) ? stale(a) : accepted_work(a);
	}
	return after_told && !reused && silent && !serves_while_stopping(a) ? stale(a) : CAUSE_NONE;
}

/* A wrong answer of a pod that answered well before it was told to stop: "503 shutting down". */
static enum cause wrong_answer(const struct asked *a)
{
	if (a->s->bad_answers[a->index] || !a->pod->ok)
		return CAUSE_NONE;
	if (began_before(a, a->life->told_ns) || scene_is_reused(a->s, a->i))
		return CAUSE_PREMATURE_SHUTDOWN;
	return stale(a);
}

/* Unless the ingress says that its connect failed: how long it took tells that from work that was cut. */
static enum cause gateway(const struct asked *a)
{
	bool took_long = scene_took_ns(a->s, a->i) >= SCENE_MOMENT_NS;
	bool at_end = ended_near(a, a->life->ended_ns) || ended_near(a, a->life->kill_ns);
	if (a->o->status == 503)
		return CAUSE_NONE; /* the ingress had nobody to ask */
	if (attribution_never_connected(a->o->upstream))
		return stale(a);
	if (took_long && began_before(a, a->life->told_ns) && began_before(a, a->life->ended_ns))
		return accepted_work(a);
	if (at_end && serves_while_stopping(a) && (took_long || accepted_work(a) == CAUSE_GRACE_EXCEEDED))
		return accepted_work(a);
	return stale(a);
}

static enum cause by_manner(const struct asked *a)
{
	switch (a->s->manners[a->i]) {
	case MANNER_CONNECT:
		return stale(a);
	case MANNER_CUT_SILENT:
	case MANNER_CUT_ANSWER:
		return cut(a);
	case MANNER_TIMEOUT:
		return timeout(a);
	case MANNER_ANSWER:
		return wrong_answer(a);
	case MANNER_GATEWAY:
		return gateway(a);
	case MANNER_CLIENT:
		break;
	}
	return CAUSE_NONE;
}

enum cause rules_stop(const struct scene *s, size_t i, int pod)
{
	const struct asked a = {s, i, &s->t->failures[i].outcome, &s->t->pods[pod], &s->lives.pods[pod], pod};
	if (a.life->told_ns == TIME_NEVER || a.o->ended_ns < a.life->told_ns - SCENE_SLACK_NS)
		return CAUSE_NONE;
	enum cause cause = by_manner(&a);
	bool by_hook =
		cause == CAUSE_STALE_ENDPOINT || cause == CAUSE_PREMATURE_SHUTDOWN || cause == CAUSE_KEEPALIVE_RACE;
	if (by_hook && lifetime_hook_failed(a.life) && a.o->ended_ns >= a.life->hook_failed_ns)
		return CAUSE_HOOK_FAILED;
	return cause;
}
