// SPDX-License-Identifier: Apache-2.0
#include "waiting.h"

#include "base/clock.h"
#include "counters.h"

#include <errno.h>
#include <time.h>

#define LOOK_NS (100 * NS_PER_MS) /* at the counter; about 30 us each */
/* What looking at connections may cost: 0.33 % of a core, as long as that is often enough. A dump, which walks the
 * whole host's table, comes once a second at most. */
#define LOOK_PAUSES 300
#define LOOK_PAUSE_MAX_NS (5 * NS_PER_S)
#define FIND_NS (1 * NS_PER_S)
/* Before termination: 0.2 % of a core in the long run, however many connections there are. */
#define LEARN_PAUSES 500

const char *waiting_end_name(enum waiting_end end)
{
	static const char *const names[] = {"waiting", "quiet", "max", "told"};
	return names[end];
}

const char *waiting_basis_name(enum waiting_basis basis)
{
	static const char *const names[] = {"none", "new connections", "connections and data"};
	return names[basis];
}

static int64_t waiting_spent_ns(void)
{
	struct timespec spent = {0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

static int64_t waiting_handshakes(struct waiting *w)
{
	if (!w->has_handshakes)
		return -1;
	int64_t n = counters_read_handshakes();
	if (n < 0) {
		w->has_handshakes = false;
		w->refused = (int)-n;
		return -1;
	}
	uint64_t own = w->own_handshakes;
	return (uint64_t)n > own ? n - (int64_t)own : 0;
}

static void waiting_refuse(struct waiting *w, int rc)
{
	w->has_connections = false;
	w->refused = -rc;
}

void waiting_init(struct waiting *w, const struct waiting_config *config)
{
	*w = (struct waiting){.config = *config, .has_handshakes = true};
	w->config.rule.horizon_ns = config->max_ns;
	rate_init(&w->handshakes);
	rate_init(&w->segments);
	rate_init(&w->gone);
	int rc = connections_init(&w->connections, &config->connections);
	w->has_connections = rc == 0;
	if (rc < 0)
		waiting_refuse(w, rc);
}

void waiting_finish(struct waiting *w)
{
	connections_finish(&w->connections);
}

/* What came on connections that have gone since is missing: the rate is a lower bound, which makes us wait longer. */
static void waiting_learn_segments(struct waiting *w, int64_t now_ns)
{
	if (!w->has_connections)
		return;
	int rc = connections_find(&w->connections, now_ns);
	if (rc < 0) {
		waiting_refuse(w, rc);
		return;
	}
	uint64_t open = connections_segments(&w->connections);
	if (open > w->segments_open)
		w->segments_total += open - w->segments_open;
	w->segments_open = open;
	rate_look(&w->segments, w->segments_total, now_ns);
}

int64_t waiting_learn(struct waiting *w, int64_t now_ns)
{
	int64_t before_ns = waiting_spent_ns();
	if (!w->since_ns)
		w->since_ns = now_ns;
	int64_t n = waiting_handshakes(w);
	waiting_learn_segments(w, now_ns);
	if (n >= 0) {
		uint64_t open = w->has_connections ? w->connections.sight.open : 0;
		if ((uint64_t)n > open && (uint64_t)n - open > w->gone_total)
			w->gone_total = (uint64_t)n - open;
		rate_look(&w->handshakes, (uint64_t)n, now_ns);
		rate_look(&w->gone, w->gone_total, now_ns);
	}
	int64_t pause = LEARN_PAUSES * (waiting_spent_ns() - before_ns);
	/* Whoever has just begun knows little: it may cost more for a while. */
	if (pause > (now_ns - w->since_ns) / 4)
		pause = (now_ns - w->since_ns) / 4;
	return now_ns + (pause > RATE_STEP_NS ? pause : RATE_STEP_NS);
}

void waiting_learn_from_age(struct waiting *w, int64_t age_ns, int64_t now_ns)
{
	w->since_ns = now_ns - age_ns;
	rate_look(&w->handshakes, 0, now_ns - age_ns);
	rate_look(&w->segments, 0, now_ns - age_ns);
	rate_look(&w->gone, 0, now_ns - age_ns);
	(void)waiting_learn(w, now_ns);
}

void waiting_own_handshake(struct waiting *w)
{
	w->own_handshakes++;
}

double waiting_handshakes_per_s(const struct waiting *w)
{
	return w->has_handshakes ? rate_per_s(&w->handshakes) : 0;
}

double waiting_arrivals_per_s(const struct waiting *w)
{
	return waiting_handshakes_per_s(w) + (w->has_connections ? rate_per_s(&w->segments) : 0);
}

/* Of a pod that has only been watched for a moment, a few connections are not yet a rate: it counts as a longer moment.
 */
static double waiting_learned(const struct waiting *w, const struct rate *r, int64_t now_ns)
{
	int64_t watched = now_ns - w->since_ns;
	double per_s = rate_steady_per_s(r);
	return watched >= RATE_STEP_NS ? per_s : per_s * (double)watched / (double)RATE_STEP_NS;
}

/* Which looks are worth their cost: connections only where they tell sooner than new ones do. */
static void waiting_choose(struct waiting *w)
{
	const struct evidence_rule *rule = &w->config.rule;
	int64_t by_new = evidence_needed_ns(w->new_ones.per_s, rule), by_all = evidence_needed_ns(w->all.per_s, rule);
	w->uses_new = w->has_handshakes && by_new < w->config.max_ns;
	w->uses_all = w->has_handshakes && w->has_connections && by_all < w->config.max_ns && by_all < by_new;
}

void waiting_begin(struct waiting *w, int64_t now_ns)
{
	(void)waiting_learn(w, now_ns);
	int64_t n = waiting_handshakes(w);
	w->seen_handshakes = w->found_handshakes = n > 0 ? (uint64_t)n : 0;
	double handshakes = w->has_handshakes ? waiting_learned(w, &w->handshakes, now_ns) : 0;
	double segments = w->has_connections ? waiting_learned(w, &w->segments, now_ns) : 0;
	double gone = w->has_handshakes ? waiting_learned(w, &w->gone, now_ns) : 0;
	evidence_begin(&w->new_ones, gone, now_ns);
	evidence_begin(&w->all, handshakes + segments, now_ns);
	waiting_choose(w);
	w->began_ns = now_ns;
	w->find_ns = now_ns + FIND_NS;
	w->look_ns = w->looked_ns = now_ns;
}

static void waiting_over(struct waiting *w, enum waiting_end end, int64_t now_ns)
{
	w->end = end;
	w->ended_ns = now_ns;
}

void waiting_tell(struct waiting *w, int64_t now_ns)
{
	if (w->end == WAITING_ON)
		waiting_over(w, WAITING_TOLD, now_ns);
}

static void waiting_see_handshakes(struct waiting *w, int64_t now_ns)
{
	int64_t n = waiting_handshakes(w);
	if (n < 0 || (uint64_t)n <= w->seen_handshakes)
		return;
	evidence_add(&w->new_ones, (uint64_t)n - w->seen_handshakes, now_ns);
	evidence_add(&w->all, (uint64_t)n - w->seen_handshakes, now_ns);
	w->seen_handshakes = (uint64_t)n;
}

/* Until the next look, by what this one cost. */
static int64_t waiting_pause_ns(int64_t before_ns)
{
	int64_t pause = LOOK_PAUSES * (waiting_spent_ns() - before_ns);
	if (pause > LOOK_PAUSE_MAX_NS)
		return LOOK_PAUSE_MAX_NS;
	return pause > LOOK_NS ? pause : LOOK_NS;
}

/* Looks at the connections when it is time to: all of them after new handshakes, else those that are known. */
static void waiting_see_connections(struct waiting *w, int64_t now_ns, bool is_last)
{
	if (!w->has_connections || (!is_last && (!w->uses_all || now_ns < w->look_ns)))
		return;
	bool has_new = w->seen_handshakes != w->found_handshakes || w->connections.sight.waiting;
	bool finds = has_new && (is_last || now_ns >= w->find_ns);
	int64_t before_ns = waiting_spent_ns();
	int rc = finds ? connections_find(&w->connections, now_ns) : connections_look(&w->connections, now_ns);
	if (rc < 0) {
		waiting_refuse(w, rc);
		return;
	}
	evidence_add(&w->all, w->connections.sight.arrivals, now_ns);
	int64_t pause = waiting_pause_ns(before_ns);
	w->looked_ns = now_ns;
	w->look_ns = now_ns + (finds ? LOOK_NS : pause);
	if (finds) {
		w->found_handshakes = w->seen_handshakes;
		w->find_ns = now_ns + (pause > FIND_NS ? pause : FIND_NS);
	}
}

static enum waiting_basis waiting_find_quiet(const struct waiting *w, int64_t now_ns)
{
	if (w->uses_new && evidence_says_quiet(&w->new_ones, &w->config.rule, now_ns))
		return WAITING_ON_HANDSHAKES;
	if (w->uses_all && w->has_connections && evidence_says_quiet(&w->all, &w->config.rule, w->looked_ns))
		return WAITING_ON_ALL;
	return WAITING_ON_NOTHING;
}

/* Quiet: still, at a last look, and is anything in flight? Without an eye on connections the silence is all there is.
 */
static bool waiting_is_idle(struct waiting *w, int64_t now_ns)
{
	waiting_see_connections(w, now_ns, true);
	if (waiting_find_quiet(w, now_ns) == WAITING_ON_NOTHING)
		return false;
	return !w->has_connections || (w->connections.sight.in_flight == 0 && w->connections.sight.waiting == 0);
}

int64_t waiting_step(struct waiting *w, int64_t now_ns)
{
	if (w->end != WAITING_ON)
		return WAITING_NEVER;
	int64_t last_ns = w->began_ns + w->config.max_ns, first_ns = w->began_ns + w->config.min_ns;
	waiting_see_handshakes(w, now_ns);
	waiting_see_connections(w, now_ns, false);
	enum waiting_basis basis = waiting_find_quiet(w, now_ns);
	bool is_quiet = basis != WAITING_ON_NOTHING;
	if (now_ns >= last_ns) {
		waiting_see_connections(w, now_ns, true);
		waiting_over(w, WAITING_MAX, now_ns);
	} else if (is_quiet && now_ns >= first_ns && waiting_is_idle(w, now_ns)) {
		w->basis = basis;
		waiting_over(w, WAITING_QUIET, now_ns);
	}
	if (w->end != WAITING_ON)
		return WAITING_NEVER;
	/* Quiet already: only what is in flight is waited for. */
	int64_t next = is_quiet && w->look_ns > now_ns ? w->look_ns : now_ns + LOOK_NS;
	return next < last_ns ? next : last_ns;
}
