// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "run/verdict.h"

#include <stdlib.h>
#include <string.h>

/* A clean rollout, and what may be wrong with it. */
struct clean {
	bool no_rollout, not_complete, not_ended, was_cut, nobody_asked, unnamed;
	int answers, failures, client_side, not_sent, missing;
};

static void event(struct timeline *t, int64_t at_ns, enum event_kind kind, int pod)
{
	timeline_event(t, &(struct event){.at_ns = at_ns, .kind = kind, .pod = pod, .plane = EVENT_NONE});
}

static struct timeline *clean_timeline(const struct clean *c)
{
	struct run_facts facts = {.replicas = 1, .rate = 100};
	struct timeline *t = timeline_create(&facts, 0, 0);
	timeline_pod(t, 0, &(struct cluster_pod){.name = "old", .revision = 1});
	timeline_pod(t, 1, &(struct cluster_pod){.name = "new", .revision = 2});
	if (!c->no_rollout)
		event(t, 1 * NS_PER_S, EVENT_ROLLOUT_STARTED, EVENT_NONE);
	event(t, 2 * NS_PER_S, EVENT_POD_DELETED, 0);
	if (!c->not_ended)
		event(t, 3 * NS_PER_S, EVENT_CONTAINER_EXITED, 0);
	if (!c->not_complete)
		event(t, 4 * NS_PER_S, EVENT_ROLLOUT_COMPLETE, EVENT_NONE);
	int pod = c->nobody_asked ? 1 : 0;
	for (int i = 0; i < c->answers; i++) {
		int64_t at = i * (5 * NS_PER_S / c->answers);
		timeline_outcome(t, &(struct outcome){.scheduled_ns = at, .started_ns = at, .ended_ns = at + 1},
				 c->unnamed ? EVENT_NONE : pod);
	}
	for (int i = 0; i < c->failures + c->client_side; i++)
		timeline_outcome(
			t, &(struct outcome){.kind = i < c->failures ? OUTCOME_WAIT_TIMEOUT : OUTCOME_CLIENT_PORTS},
			EVENT_NONE);
	int scheduled = c->answers + c->failures + c->client_side + c->not_sent + c->missing;
	struct load_totals totals = {.scheduled = (uint64_t)scheduled, .not_sent = (uint64_t)c->not_sent};
	timeline_finish(t, c->was_cut ? NULL : &totals);
	return t;
}

static void check(struct clean c, enum verdict_kind kind, enum status exit, const char *said)
{
	struct timeline *t = clean_timeline(&c);
	struct verdict v;
	verdict_init(&v, t);
	char *confidence = verdict_confidence(&v);
	assert_int_equal(v.kind, kind);
	assert_int_equal(v.exit, exit);
	if (!strstr(confidence, said))
		fail_msg("'%s' is not in '%s'", said, confidence);
	free(confidence);
	verdict_finish(&v);
	timeline_destroy(t);
}

static void nothing_lost_passes_with_its_bound(void **state)
{
	check((struct clean){.answers = 300}, VERDICT_PASS, STATUS_OK, "fewer than 1 in 100 is");
	check((struct clean){.answers = 300}, VERDICT_PASS, STATUS_OK, "less than 30 ms at one pod");
	check((struct clean){.answers = 300, .unnamed = true}, VERDICT_PASS, STATUS_OK,
	      "1 of 1 stopped pods had requests");
}

static void one_lost_fails_whatever_else(void **state)
{
	check((struct clean){.answers = 300, .failures = 1}, VERDICT_FAIL, STATUS_LOST, "1 of 301 requests");
	check((struct clean){.answers = 300, .failures = 1, .was_cut = true}, VERDICT_FAIL, STATUS_LOST, "1 of 301");
	check((struct clean){.failures = 2}, VERDICT_FAIL, STATUS_LOST, "2 of 2");
}

static void our_own_limits_are_not_counted(void **state)
{
	check((struct clean){.answers = 600, .client_side = 5}, VERDICT_PASS, STATUS_OK, "Nothing lost");
	check((struct clean){.client_side = 5}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE,
	      "no request reached the service");
}

static void too_little_seen_is_no_pass(void **state)
{
	check((struct clean){0}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE, "no request was sent");
	check((struct clean){.answers = 300, .was_cut = true}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE, "cut short");
	check((struct clean){.answers = 300, .no_rollout = true}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE,
	      "no rollout");
	check((struct clean){.answers = 300, .not_complete = true}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE,
	      "did not complete");
	check((struct clean){.answers = 300, .not_ended = true}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE,
	      "1 of 1 old pods had not ended");
	check((struct clean){.answers = 300, .nobody_asked = true}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE,
	      "no old pod");
	check((struct clean){.answers = 300, .not_sent = 4}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE, "4 of 304");
	check((struct clean){.answers = 300, .client_side = 4}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE, "4 of 304");
	check((struct clean){.answers = 300, .not_sent = 3}, VERDICT_PASS, STATUS_OK, "Nothing lost");
	check((struct clean){.answers = 86, .not_sent = 1}, VERDICT_PASS, STATUS_OK, "Nothing lost");
	check((struct clean){.answers = 300, .missing = 1}, VERDICT_INCONCLUSIVE, STATUS_INCONCLUSIVE, "is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_lost_passes_with_its_bound),
		cmocka_unit_test(one_lost_fails_whatever_else),
		cmocka_unit_test(our_own_limits_are_not_counted),
		cmocka_unit_test(too_little_seen_is_no_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
