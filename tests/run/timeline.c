// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "run/attribution.h"
#include "run/timeline.h"

#include <stdlib.h>
#include <string.h>

static struct timeline *new_timeline(void)
{
	struct run_facts facts = {.replicas = 2, .target_count = 2, .targets = {"node-1", "ingress"}};
	struct timeline *t = timeline_create(&facts, 1000, 0);
	timeline_plane(t, 0, &(struct cluster_plane){.kind = PLANE_NODE, .name = "node-1"});
	timeline_plane(t, 1, &(struct cluster_plane){.kind = PLANE_INGRESS, .name = "ingress"});
	timeline_pod(t, 0, &(struct cluster_pod){.name = "shop-a", .ip = "10.0.0.1"});
	timeline_pod(t, 1, &(struct cluster_pod){.name = "shop-b", .ip = "10.0.0.2"});
	return t;
}

static int failed_at(struct outcome o)
{
	struct timeline *t = new_timeline();
	o.kind = OUTCOME_WAIT_RESET;
	timeline_outcome(t, &o, EVENT_NONE);
	timeline_attribute(t, NULL, NULL);
	int pod = t->failures[0].pod;
	timeline_destroy(t);
	return pod;
}

static void failures_are_attributed_by_what_their_connection_told(void **state)
{
	assert_int_equal(failed_at((struct outcome){.pod = ""}), EVENT_NONE);
	assert_int_equal(failed_at((struct outcome){.pod = "shop-b", .served = 3}), 1);
	assert_int_equal(failed_at((struct outcome){.pod = "shop-z", .served = 3}), EVENT_NONE);
	assert_int_equal(failed_at((struct outcome){.target = 1, .upstream = "10.0.0.2:8080"}), 1);
	assert_int_equal(failed_at((struct outcome){.target = 1, .upstream = "10.0.0.2:8080, 10.0.0.1:8080"}), 0);
	assert_int_equal(failed_at((struct outcome){.target = 1, .upstream = "10.0.0.1:8080 : 10.0.0.2:8080"}), 1);
	assert_int_equal(failed_at((struct outcome){.target = 1, .upstream = "shop_backend"}), EVENT_NONE);
	/* the last answer on a connection to an ingress came from anybody */
	assert_int_equal(failed_at((struct outcome){.target = 1, .pod = "shop-b", .served = 3}), EVENT_NONE);
	assert_int_equal(failed_at((struct outcome){.target = 1, .pod = "shop-b"}), 1);
	/* the upstream is this request's own, the pod header may be the last one's */
	assert_int_equal(
		failed_at((struct outcome){.target = 1, .pod = "shop-b", .served = 3, .upstream = "10.0.0.1:80"}), 0);
}

static int always(const struct outcome *o, void *data)
{
	return *(int *)data;
}

static void who_knows_better_is_believed(void **state)
{
	struct timeline *t = new_timeline();
	timeline_outcome(t, &(struct outcome){.kind = OUTCOME_WAIT_RESET, .pod = "shop-b", .served = 1}, EVENT_NONE);
	int answer = EVENT_NONE;
	timeline_attribute(t, always, &answer);
	assert_int_equal(t->failures[0].pod, 1);
	answer = 99; /* no such pod */
	timeline_attribute(t, always, &answer);
	assert_int_equal(t->failures[0].pod, 1);
	answer = 0;
	timeline_attribute(t, always, &answer);
	assert_int_equal(t->failures[0].pod, 0);
	timeline_destroy(t);
}

static void an_address_given_again_means_the_later_pod(void **state)
{
	struct timeline *t = new_timeline();
	timeline_pod(t, 2, &(struct cluster_pod){.name = "shop-c", .ip = "10.0.0.1"});
	timeline_event(t, &(struct event){.at_ns = 1000, .kind = EVENT_POD_CREATED, .pod = 0, .plane = EVENT_NONE});
	timeline_event(t, &(struct event){.at_ns = 5000, .kind = EVENT_POD_CREATED, .pod = 2, .plane = EVENT_NONE});
	assert_int_equal(timeline_pod_by_ip(t, "10.0.0.1", 8, 4000), 0);
	assert_int_equal(timeline_pod_by_ip(t, "10.0.0.1", 8, 5000), 2);
	assert_int_equal(timeline_pod_by_ip(t, "10.0.0.9", 8, 5000), EVENT_NONE);
	timeline_destroy(t);
}

static void answers_are_kept_per_100_ms_and_pod(void **state)
{
	struct timeline *t = new_timeline();
	for (int i = 0; i < 20; i++) {
		int64_t at = 1000 + i * 30 * NS_PER_MS;
		timeline_outcome(
			t,
			&(struct outcome){
				.scheduled_ns = at - 500, .started_ns = at, .ended_ns = at + 2000, .pod = "shop-a"},
			i % 2 ? 1 : EVENT_NONE);
	}
	timeline_finish(t, NULL);
	assert_int_equal(t->ok, 20);
	assert_int_equal(t->bucket_count, 6);
	assert_int_equal(t->buckets[1].start_ns, 1000 + BUCKET_NS);
	assert_int_equal(t->pods[0].ok, 10);
	assert_int_equal(t->pods[1].ok, 10); /* the caller knew better than the header */
	assert_int_equal(t->pods[0].first_ok_ns, 3000);
	assert_int_equal(t->pods[1].last_ok_ns, 1000 + 19 * 30 * NS_PER_MS + 2000);
	assert_int_equal(t->latency.count, 20);
	assert_int_equal(t->latency.max_ns, 2500);
	assert_int_equal(t->longest_ok_ns, 2000);
	assert_false(t->is_complete);
	timeline_destroy(t);
}

static void events_are_sorted_and_equals_keep_their_order(void **state)
{
	struct timeline *t = new_timeline();
	static const int64_t at[] = {30, 10, 20, 10, 10};
	for (int i = 0; i < 5; i++)
		timeline_event(
			t,
			&(struct event){.at_ns = at[i], .kind = EVENT_NOTE, .pod = EVENT_NONE, .plane = 7, .value = i});
	timeline_finish(t, NULL);
	static const int64_t order[] = {1, 3, 4, 2, 0};
	for (int i = 0; i < 5; i++)
		assert_int_equal(t->events[i].value, order[i]);
	assert_int_equal(t->events[0].plane, EVENT_NONE); /* there is no plane 7 */
	timeline_destroy(t);
}

static void failures_are_tallied_by_name(void **state)
{
	struct timeline *t = new_timeline();
	for (int i = 0; i < 3; i++)
		timeline_outcome(t, &(struct outcome){.kind = OUTCOME_STATUS, .status = i ? 503 : 500}, 0);
	timeline_outcome(t, &(struct outcome){.kind = OUTCOME_BODY_CLOSED, .status = 200}, EVENT_NONE);
	timeline_finish(t, NULL);
	assert_int_equal(t->failed, 4);
	assert_int_equal(t->tally_count, 3);
	assert_int_equal(t->tallies[1].count, 2);
	assert_int_equal(t->pods[0].failed, 3);
	timeline_destroy(t);
}

/* Ten minutes at 5,000/s must fit. */
static void a_long_run_stays_small(void **state)
{
	struct timeline *t = new_timeline();
	size_t slots = 0;
	for (int64_t i = 0; i < 200000; i++) {
		int64_t at = 1000 + i * 200 * NS_PER_US;
		timeline_outcome(t,
				 &(struct outcome){.scheduled_ns = at,
						   .started_ns = at,
						   .ended_ns = at + (i * 7919) % (3 * NS_PER_MS)},
				 0);
	}
	timeline_finish(t, NULL);
	for (size_t i = 0; i < t->bucket_count; i++)
		slots += t->buckets[i].slot_count;
	assert_int_equal(t->ok, 200000);
	assert_true(slots * sizeof(struct bucket_slot) / t->bucket_count < 8192);
	timeline_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_are_attributed_by_what_their_connection_told),
		cmocka_unit_test(who_knows_better_is_believed),
		cmocka_unit_test(an_address_given_again_means_the_later_pod),
		cmocka_unit_test(answers_are_kept_per_100_ms_and_pod),
		cmocka_unit_test(events_are_sorted_and_equals_keep_their_order),
		cmocka_unit_test(failures_are_tallied_by_name),
		cmocka_unit_test(a_long_run_stays_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
