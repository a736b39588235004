// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "silent.h"

#include <stdlib.h>

struct seen {
	struct load *load;
	uint64_t outcomes, kinds[OUTCOME_KINDS];
	struct load_totals totals;
	bool done;
	uv_timer_t look;
	bool (*when)(const struct load_totals *t);
	void (*then)(struct load *l);
};

static void on_outcome(const struct outcome *o, void *data)
{
	struct seen *s = data;
	assert_false(s->done);
	s->outcomes++;
	s->kinds[o->kind]++;
	assert_true(o->scheduled_ns <= o->started_ns && o->started_ns <= o->ended_ns);
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

static bool ten_are_open(const struct load_totals *t)
{
	return t->connections_opened >= 10;
}

static bool two_are_open_and_fifty_due(const struct load_totals *t)
{
	/* 50 at 10,000/s are due after 5 ms; who waits for a connection is not woken to count them. */
	return t->connections_opened == 2 && clock_ns() - t->started_ns > 10 * NS_PER_MS;
}

static bool at_once(const struct load_totals *t)
{
	return true;
}

static void what_was_sent_and_aborted_is_its_phases_timeout(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 10);
	struct seen *s = run(&c, ten_are_open, load_abort);
	assert_int_equal(s->kinds[OUTCOME_WAIT_TIMEOUT], 10);
	assert_int_equal(s->totals.scheduled, 10);
	free(s);
	silent_close(&server);
}

static void what_waits_for_a_connection_is_not_sent(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 10000, 50);
	c.connections = 2;
	struct seen *s = run(&c, two_are_open_and_fifty_due, load_abort);
	assert_int_equal(s->kinds[OUTCOME_WAIT_TIMEOUT], 2);
	assert_int_equal(s->totals.not_sent, 48);
	free(s);
	silent_close(&server);
}

static bool all_have_begun(const struct load_totals *t)
{
	return t->scheduled == 10 && clock_ns() - t->last_started_ns > 10 * NS_PER_MS;
}

static void what_never_connected_was_not_sent(void **state)
{
	struct silent server = silent_open_with(0);
	struct load_config c = silent_load(&server, 1000, 10);
	struct seen *s = run(&c, all_have_begun, load_abort);
	assert_true(s->totals.not_sent >= 7);
	assert_int_equal(s->totals.not_sent + s->kinds[OUTCOME_WAIT_TIMEOUT], 10);
	free(s);
	silent_close(&server);
}

static void a_handshake_that_is_not_answered_times_out(void **state)
{
	struct silent server = silent_open_with(0);
	struct load_config c = silent_load(&server, 1000, 10);
	c.connect_timeout_ns = 50 * NS_PER_MS;
	c.timeout_ns = 100 * NS_PER_MS;
	struct seen *s = run(&c, NULL, NULL);
	assert_true(s->kinds[OUTCOME_CONNECT_TIMEOUT] >= 7);
	assert_int_equal(s->kinds[OUTCOME_CONNECT_TIMEOUT] + s->kinds[OUTCOME_WAIT_TIMEOUT], 10);
	free(s);
	silent_close(&server);
}

/* A server on the load's own loop: it answers at once (the request is written later in the same turn), and hangs up
 * when the test says so. */
struct hanging_up {
	struct seen seen;
	struct silent listener;
	uv_poll_t poll;
	int peer;
};

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct hanging_up *h = poll->data;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	h->peer = accept4(h->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(send(h->peer, answer, sizeof answer - 1, 0), sizeof answer - 1);
}

/* The end comes when the next request is already overdue: nothing but a last look can see it in time. */
static void hang_up(const struct outcome *o, void *data)
{
	struct hanging_up *h = data;
	char request[1024];
	on_outcome(o, &h->seen);
	assert_true(recv(h->peer, request, sizeof request, 0) > 0);
	while (clock_ns() < o->scheduled_ns + 25 * NS_PER_MS)
		usleep(1000);
	(void)close(h->peer);
}

static void hung_up(const struct load_totals *totals, void *data)
{
	struct hanging_up *h = data;
	h->seen.done = true;
	h->seen.totals = *totals;
	uv_close((uv_handle_t *)&h->poll, NULL);
}

static void a_last_look_saves_the_request(void **state)
{
	struct hanging_up h = {.listener = silent_open()};
	struct load_config c = silent_load(&h.listener, 50, 3);
	struct load_sink sink = {hang_up, hung_up, &h};
	uv_loop_t loop;
	uv_loop_init(&loop);
	uv_poll_init(&loop, &h.poll, h.listener.fd);
	h.poll.data = &h;
	uv_poll_start(&h.poll, UV_READABLE, on_connection);
	struct load *l = load_create(&loop, &c, &sink, NULL);
	load_start(l);
	uv_run(&loop, UV_RUN_DEFAULT);
	load_destroy(l);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(h.seen.totals.ok, 3);
	assert_int_equal(h.seen.totals.connections_closed_idle, 2);
	silent_close(&h.listener);
}

static void a_dead_server_behind_a_cap_ends_one_timeout_later(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 10000, 0);
	c.connections = 2;
	c.duration_ns = 10 * NS_PER_MS;
	c.timeout_ns = 40 * NS_PER_MS;
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->totals.scheduled, 100);
	assert_true(s->kinds[OUTCOME_WAIT_TIMEOUT] >= 2 && s->kinds[OUTCOME_WAIT_TIMEOUT] <= 4);
	free(s);
	silent_close(&server);
}

static void stopped_at_once_it_is_done(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1, 0);
	struct seen *s = run(&c, at_once, load_stop);
	assert_true(s->totals.scheduled <= 2);
	free(s);
	silent_close(&server);
}

static void stopping_waits_for_what_is_in_flight(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	c.timeout_ns = 50 * NS_PER_MS;
	struct seen *s = run(&c, ten_are_open, load_stop);
	assert_true(s->kinds[OUTCOME_WAIT_TIMEOUT] >= 10);
	assert_int_equal(s->kinds[OUTCOME_WAIT_TIMEOUT] + s->totals.not_sent, s->totals.scheduled);
	free(s);
	silent_close(&server);
}

static void refused_in_a_closed_loop_is_not_a_hammer(void **state)
{
	struct silent server = silent_open();
	silent_close(&server);
	struct load_config c = silent_load(&server, 0, 0);
	c.connections = 4;
	c.duration_ns = 100 * NS_PER_MS;
	struct seen *s = run(&c, NULL, NULL);
	assert_int_equal(s->kinds[OUTCOME_CONNECT_REFUSED], s->totals.scheduled);
	assert_true(s->totals.scheduled >= 4 && s->totals.scheduled <= 4 * 11);
	free(s);
}

static void a_load_that_never_started_can_be_destroyed(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 100, 0);
	struct load_sink sink = {on_outcome, on_done, NULL};
	uv_loop_t loop;
	uv_loop_init(&loop);
	load_destroy(load_create(&loop, &c, &sink, NULL));
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	load_destroy(NULL);
	silent_close(&server);
}

static void what_cannot_be_done_is_refused(void **state)
{
	struct silent server = {.fd = -1};
	struct load_sink sink = {on_outcome, on_done, NULL};
	struct load_config good = silent_load(&server, 100, 0), bad[6];
	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].target_count = 0;
	bad[1].keepalive = false;
	bad[2].rate = 0; /* and no connections */
	bad[3].paths = NULL;
	bad[4].timeout_ns = 0;
	bad[5].host_header = NULL;
	uv_loop_t loop;
	uv_loop_init(&loop);
	for (size_t i = 0; i < 6; i++) {
		struct err err = {0};
		assert_null(load_create(&loop, &bad[i], &sink, &err));
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_and_aborted_is_its_phases_timeout),
		cmocka_unit_test(what_waits_for_a_connection_is_not_sent),
		cmocka_unit_test(what_never_connected_was_not_sent),
		cmocka_unit_test(a_handshake_that_is_not_answered_times_out),
		cmocka_unit_test(a_last_look_saves_the_request),
		cmocka_unit_test(a_dead_server_behind_a_cap_ends_one_timeout_later),
		cmocka_unit_test(stopped_at_once_it_is_done),
		cmocka_unit_test(stopping_waits_for_what_is_in_flight),
		cmocka_unit_test(refused_in_a_closed_loop_is_not_a_hammer),
		cmocka_unit_test(a_load_that_never_started_can_be_destroyed),
		cmocka_unit_test(what_cannot_be_done_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
