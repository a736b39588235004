// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "load/crew.h"
#include "silent.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MEMBERS 4
#define REQUESTS 2000
#define RATE 100000.0

struct kept {
	uint64_t outcomes, kinds[OUTCOME_KINDS];
	int64_t scheduled_ns[REQUESTS];
};

struct seen {
	struct crew *crew;
	struct kept kept[MEMBERS]; /* by member */
	struct load_totals totals;
	atomic_int failed;
	int stop_at; /* failed; 0: never */
	bool done;
	uv_timer_t look;
	bool (*when)(struct crew *c);
	void (*then)(struct crew *c);
};

static void on_outcome(const struct outcome *o, int member, void *data)
{
	struct seen *s = data;
	struct kept *k = &s->kept[member];
	if (k->outcomes < REQUESTS)
		k->scheduled_ns[k->outcomes] = o->scheduled_ns;
	k->outcomes++;
	k->kinds[o->kind]++;
	if (o->kind != OUTCOME_OK && atomic_fetch_add(&s->failed, 1) + 1 == s->stop_at)
		crew_stop(s->crew);
}

static void on_done(const struct load_totals *totals, void *data)
{
	struct seen *s = data;
	assert_false(s->done);
	s->done = true;
	s->totals = *totals;
	uv_close((uv_handle_t *)&s->look, NULL);
}

static void on_look(uv_timer_t *timer)
{
	struct seen *s = timer->data;
	if (s->when && s->when(s->crew)) {
		s->when = NULL;
		s->then(s->crew);
	}
}

static uint64_t sum(const struct seen *s, enum outcome_kind kind)
{
	uint64_t n = 0;
	for (int i = 0; i < MEMBERS; i++)
		n += s->kept[i].kinds[kind];
	return n;
}

static struct seen *run(const struct load_config *config, bool (*when)(struct crew *c), void (*then)(struct crew *c),
			int stop_at)
{
	struct seen *s = calloc(1, sizeof *s);
	struct crew_sink sink = {on_outcome, on_done, s};
	uv_loop_t loop;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &s->look);
	s->look.data = s;
	s->when = when;
	s->then = then;
	s->stop_at = stop_at;
	uv_timer_start(&s->look, on_look, 0, 1);
	s->crew = crew_create(&loop, config, MEMBERS, &sink, NULL);
	assert_non_null(s->crew);
	crew_start(s->crew);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(s->done);
	assert_int_equal(crew_totals(s->crew)->scheduled, s->totals.scheduled);
	crew_destroy(s->crew);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_true(load_totals_add_up(&s->totals));
	uint64_t outcomes = 0;
	for (int i = 0; i < MEMBERS; i++)
		outcomes += s->kept[i].outcomes;
	assert_int_equal(outcomes, s->totals.ok + s->totals.failed);
	return s;
}

static struct silent refusing(void)
{
	struct silent s = silent_open();
	silent_close(&s);
	return s;
}

/* Whichever thread it is on. */
static void each_request_is_sent_once_and_due_when_it_should(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, RATE, REQUESTS);
	struct seen *s = run(&c, NULL, NULL, 0);
	bool *there = calloc(REQUESTS, sizeof *there);
	assert_int_equal(sum(s, OUTCOME_CONNECT_REFUSED), REQUESTS);
	for (int m = 0; m < MEMBERS; m++) {
		assert_int_equal(s->kept[m].outcomes, REQUESTS / MEMBERS);
		for (uint64_t i = 0; i < s->kept[m].outcomes; i++) {
			double at = (double)(s->kept[m].scheduled_ns[i] - s->totals.started_ns);
			uint64_t number = (uint64_t)llround(at * RATE / (double)NS_PER_S);
			assert_true(number < REQUESTS && !there[number]);
			assert_int_equal(number % MEMBERS, m);
			there[number] = true;
		}
	}
	assert_int_equal(s->totals.lateness.count, REQUESTS);
	free(there);
	free(s);
}

static bool ten_are_open(struct crew *c)
{
	return crew_totals(c)->connections_opened >= 10;
}

static void totals_can_be_watched_and_an_abort_ends_it(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen *s = run(&c, ten_are_open, crew_abort, 0);
	assert_true(sum(s, OUTCOME_WAIT_TIMEOUT) >= 10);
	assert_int_equal(sum(s, OUTCOME_WAIT_TIMEOUT) + s->totals.not_sent, s->totals.scheduled);
	free(s);
	silent_close(&server);
}

static void stopping_waits_for_what_is_in_flight(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	c.timeout_ns = 50 * NS_PER_MS;
	struct seen *s = run(&c, ten_are_open, crew_stop, 0);
	assert_true(sum(s, OUTCOME_WAIT_TIMEOUT) >= 10);
	free(s);
	silent_close(&server);
}

static void a_sink_may_stop_it(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen *s = run(&c, NULL, NULL, 20);
	assert_true(s->totals.failed >= 20);
	free(s);
}

/* Connections are dealt out; a thread without any would be one too many. */
static void no_more_members_than_connections(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 0, 100);
	struct crew_sink sink = {on_outcome, on_done, NULL};
	uv_loop_t loop;
	uv_loop_init(&loop);
	c.connections = 3;
	struct crew *crew = crew_create(&loop, &c, MEMBERS, &sink, NULL);
	assert_int_equal(crew_members(crew), 3);
	crew_destroy(crew);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	c.connections = 7;
	struct seen *s = run(&c, NULL, NULL, 0);
	assert_int_equal(sum(s, OUTCOME_CONNECT_REFUSED), 100);
	free(s);
}

static void destroyed_early_it_is_silent(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	for (int started = 0; started <= 1; started++) {
		struct seen *s = calloc(1, sizeof *s);
		struct crew_sink sink = {on_outcome, on_done, s};
		uv_loop_t loop;
		uv_loop_init(&loop);
		s->crew = crew_create(&loop, &c, MEMBERS, &sink, NULL);
		if (started)
			crew_start(s->crew);
		while (started && !ten_are_open(s->crew))
			usleep(1000);
		crew_destroy(s->crew);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&loop), 0);
		assert_false(s->done);
		assert_int_equal(sum(s, OUTCOME_WAIT_TIMEOUT), 0);
		free(s);
	}
	crew_destroy(NULL);
	silent_close(&server);
}

static void what_cannot_be_done_is_refused(void **state)
{
	struct silent server = {.fd = -1};
	struct load_config good = silent_load(&server, 100, 0), bad = good;
	struct crew_sink sink = {on_outcome, on_done, NULL};
	struct err err = {0};
	uv_loop_t loop;
	uv_loop_init(&loop);
	bad.keepalive = false;
	assert_null(crew_create(&loop, &bad, MEMBERS, &sink, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(crew_create(&loop, &good, 0, &sink, NULL));
	assert_null(crew_create(&loop, &good, CREW_MAX + 1, &sink, NULL));
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_sent_once_and_due_when_it_should),
		cmocka_unit_test(totals_can_be_watched_and_an_abort_ends_it),
		cmocka_unit_test(stopping_waits_for_what_is_in_flight),
		cmocka_unit_test(a_sink_may_stop_it),
		cmocka_unit_test(no_more_members_than_connections),
		cmocka_unit_test(destroyed_early_it_is_silent),
		cmocka_unit_test(what_cannot_be_done_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
