// SPDX-License-Identifier: Apache-2.0
/* What becomes of requests that share an HTTP/2 connection while it does not say a word. */
#include "../unit.h"
#include "silent.h"

#include <stdlib.h>

struct seen {
	struct load *load;
	uint64_t outcomes, kinds[OUTCOME_KINDS];
	int64_t longest_ns;
	uint64_t sent; /* of which bytes had left */
	struct load_totals totals;
	bool done;
	uv_timer_t look;
	bool (*when)(const struct load_totals *t);
	void (*then)(struct load *l);
};

static void on_outcome(const struct outcome *o, void *data)
{
	struct seen *s = data;
	s->outcomes++;
	s->kinds[o->kind]++;
	s->sent += o->bytes_sent > 0;
	if (o->ended_ns - o->started_ns > s->longest_ns)
		s->longest_ns = o->ended_ns - o->started_ns;
	assert_true(o->scheduled_ns <= o->started_ns && o->started_ns <= o->ended_ns);
	assert_int_not_equal(o->connection, 0);
}

static void on_done(const struct load_totals *totals, void *data)
{
	struct seen *s = data;
	s->done = true;
	s->totals = *totals;
	uv_close((uv_handle_t *)&s->look, NULL);
}

static void on_look(uv_timer_t *timer)
{
	struct seen *s = timer->data;
	if (s->when && s->when(load_totals(s->load))) {
		s->when = NULL;
		s->then(s->load);
	}
}

/* Runs it to the end; as soon as `when` is true, does `then`. */
static struct seen *run(const struct load_config *config, bool (*when)(const struct load_totals *t),
			void (*then)(struct load *l))
{
	struct seen *s = calloc(1, sizeof *s);
	struct load_sink sink = {on_outcome, on_done, s};
	uv_loop_t loop;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &s->look);
	s->look.data = s;
	s->when = when;
	s->then = then;
	uv_timer_start(&s->look, on_look, 0, 1);
	s->load = load_create(&loop, config, &sink, NULL);
	assert_non_null(s->load);
	load_start(s->load);
	uv_run(&loop, UV_RUN_DEFAULT);
	load_destroy(s->load);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_true(s->done);
	assert_true(load_totals_add_up(&s->totals));
	assert_int_equal(s->outcomes, s->totals.ok + s->totals.failed);
	return s;
}

static struct load_config shared_load(const struct silent *server, double rate, int64_t requests)
{
	struct load_config c = silent_load(server, rate, requests);
	c.protocol = LOAD_HTTP2;
	return c;
}

static bool all_have_begun(const struct load_totals *t)
{
	return t->scheduled == 10 && clock_ns() - t->last_started_ns > 10 * NS_PER_MS;
}

/* Until the server has said how many it takes, one is sent and the others wait. */
static void what_waits_on_a_connection_was_not_sent(void **state)
{
	struct silent server = silent_open();
	struct load_config c = shared_load(&server, 1000, 10);
	struct seen *s = run(&c, all_have_begun, load_abort);
	assert_int_equal(s->totals.connections_opened, 1);
	assert_int_equal(s->kinds[OUTCOME_WAIT_TIMEOUT], 1);
	assert_int_equal(s->totals.not_sent, 9);
	free(s);
	silent_close(&server);
}

/* One after the other they find the connection silent, and what waits there goes to the next. */
static void what_waits_goes_elsewhere_when_nobody_answers(void **state)
{
	struct silent server = silent_open();
	struct load_config c = shared_load(&server, 1000, 10);
	c.timeout_ns = 100 * NS_PER_MS;
	struct seen *s = run(&c, NULL, NULL);
	/* Whose time is up in the very moment of the next handshake is called otherwise. */
	assert_int_equal(s->kinds[OUTCOME_WAIT_TIMEOUT] + s->kinds[OUTCOME_CONNECT_TIMEOUT], 10);
	assert_true(s->kinds[OUTCOME_WAIT_TIMEOUT] >= 1);
	assert_in_range(s->totals.connections_opened, 1, 10);
	free(s);
	silent_close(&server);
}

/* Each by its own clock, though all wait for one handshake. */
static void a_handshake_that_is_not_answered_times_out_for_each(void **state)
{
	struct silent server = silent_open_with(0);
	struct load_config full = silent_load(&server, 1000, 10); /* takes the places in the backlog */
	struct load_config c = shared_load(&server, 1000, 50);
	full.connect_timeout_ns = full.timeout_ns = 20 * NS_PER_MS;
	free(run(&full, NULL, NULL));
	c.connect_timeout_ns = 100 * NS_PER_MS;
	c.timeout_ns = 10 * NS_PER_S;
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->kinds[OUTCOME_CONNECT_TIMEOUT], 50);
	assert_int_equal(s->totals.connections_opened, 0);
	assert_int_equal(s->sent, 0);
	free(s);
	silent_close(&server);
}

static bool all_wait_for_the_handshake(const struct load_totals *t)
{
	return t->scheduled == 50 && clock_ns() - t->last_started_ns > 10 * NS_PER_MS;
}

static void what_waits_for_a_handshake_was_not_sent(void **state)
{
	struct silent server = silent_open_with(0);
	struct load_config full = silent_load(&server, 1000, 10);
	struct load_config c = shared_load(&server, 1000, 50);
	full.connect_timeout_ns = full.timeout_ns = 20 * NS_PER_MS;
	free(run(&full, NULL, NULL));
	struct seen *s = run(&c, all_wait_for_the_handshake, load_abort);
	assert_int_equal(s->totals.not_sent, 50);
	free(s);
	silent_close(&server);
}

/* A cap is a cap: what finds no place waits to be begun at all. */
static void no_more_connections_than_asked_for(void **state)
{
	struct silent server = silent_open();
	struct load_config c = shared_load(&server, 1000, 50);
	c.connections = 2;
	c.streams = 4;
	c.timeout_ns = 200 * NS_PER_MS;
	c.duration_ns = 1 * NS_PER_MS;
	c.requests = 0;
	c.rate = 50000;
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->totals.scheduled, 50);
	/* 2 are sent and 6 wait with them, until the first two have timed out; then the load gives up. */
	assert_true(s->kinds[OUTCOME_WAIT_TIMEOUT] >= 2);
	assert_true(s->totals.not_sent >= 50 - 2 * 8);
	free(s);
	silent_close(&server);
}

/* The first refusal comes while all are being placed: those that waited with it are not left lying. */
static void refused_they_are_refused_one_after_the_other(void **state)
{
	struct silent server = silent_open();
	silent_close(&server);
	struct load_config c = shared_load(&server, 1e6, 50);
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->kinds[OUTCOME_CONNECT_REFUSED], 50);
	assert_true(s->longest_ns < c.timeout_ns);
	free(s);
}

static void refused_in_a_closed_loop_is_not_a_hammer(void **state)
{
	struct silent server = silent_open();
	silent_close(&server);
	struct load_config c = shared_load(&server, 0, 0);
	c.connections = 2;
	c.streams = 3;
	c.duration_ns = 100 * NS_PER_MS;
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->kinds[OUTCOME_CONNECT_REFUSED], s->totals.scheduled);
	assert_true(s->totals.scheduled >= 6 && s->totals.scheduled <= 6 * 11);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_on_a_connection_was_not_sent),
		cmocka_unit_test(what_waits_goes_elsewhere_when_nobody_answers),
		cmocka_unit_test(a_handshake_that_is_not_answered_times_out_for_each),
		cmocka_unit_test(what_waits_for_a_handshake_was_not_sent),
		cmocka_unit_test(no_more_connections_than_asked_for),
		cmocka_unit_test(refused_they_are_refused_one_after_the_other),
		cmocka_unit_test(refused_in_a_closed_loop_is_not_a_hammer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
