// SPDX-License-Identifier: Apache-2.0
/* A load that is late itself: what it does with all that has come due meanwhile. */
#include "../unit.h"
#include "answering.h"

#include <stdlib.h>

#define REQUESTS 3000
#define RATE 20000.0

struct seen {
	struct answering server;
	struct load *load;
	struct load_totals totals;
	bool was_late;
	uint64_t outcomes, stop_at;
};

/* Once, at the first answer: as if the machine had been taken away for as long as half of the load takes. */
static void be_late(const struct outcome *o, void *data)
{
	struct seen *s = data;
	if (!s->was_late)
		usleep(REQUESTS / 2 * 1000000 / (int)RATE);
	s->was_late = true;
	if (++s->outcomes == s->stop_at)
		load_stop(s->load);
}

static void on_done(const struct load_totals *totals, void *data)
{
	struct seen *s = data;
	s->totals = *totals;
	answering_close(&s->server);
}

static void run_at(struct seen *s, double rate, int laziness, bool fresh)
{
	uv_loop_t loop;
	uv_loop_init(&loop);
	answering_open(&s->server, &loop, laziness);
	struct load_config c = silent_load(&s->server.listener, rate, REQUESTS);
	struct load_sink sink = {be_late, on_done, s};
	c.fresh = fresh;
	c.keepalive = !fresh;
	s->load = load_create(&loop, &c, &sink, NULL);
	load_start(s->load);
	uv_run(&loop, UV_RUN_DEFAULT);
	load_destroy(s->load);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_true(load_totals_add_up(&s->totals));
}

static void run(struct seen *s, bool fresh)
{
	run_at(s, RATE, 1, fresh);
}

static bool was_late(const struct seen *s)
{
	return s->totals.lateness.max_ns > REQUESTS / 4 * NS_PER_S / (int64_t)RATE;
}

/* Without a limit a backlog would be given a connection each, which makes later still. */
static void answers_are_read_before_more_connections_are_opened(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	run(s, false);
	assert_int_equal(s->totals.ok, REQUESTS);
	assert_true(was_late(s));
	assert_true(s->totals.connections_opened < REQUESTS / 4);
	free(s);
}

/* Far more than anybody can do, of a server that does nothing three times out of four: it is not for us to fill its
 * pauses. */
static void far_too_late_it_makes_do_with_what_is_open(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	run_at(s, 1e7, 4, false);
	assert_int_equal(s->totals.ok, REQUESTS);
	assert_true(s->totals.connections_opened < REQUESTS / 4);
	free(s);
}

/* Takes the machine away once some are in flight, and ends it once all are. */
#define UNANSWERED 600

static void on_look(uv_timer_t *timer)
{
	struct seen *s = timer->data;
	uint64_t opened = load_totals(s->load)->connections_opened;
	if (opened >= UNANSWERED / 3 && !s->was_late) {
		usleep(20000);
		s->was_late = true;
	}
	if (opened == UNANSWERED) {
		uv_close((uv_handle_t *)timer, NULL);
		load_abort(s->load);
	}
}

static void count(const struct outcome *o, void *data)
{
	struct seen *s = data;
	s->outcomes += o->kind == OUTCOME_WAIT_TIMEOUT;
}

static void keep(const struct load_totals *totals, void *data)
{
	struct seen *s = data;
	s->totals = *totals;
}

/* It is not our lateness that keeps them waiting. */
static void a_server_that_is_slower_than_we_are_late_gets_all_that_is_due(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, RATE, UNANSWERED);
	struct load_sink sink = {count, keep, s};
	uv_loop_t loop;
	uv_timer_t look;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &look);
	look.data = s;
	uv_timer_start(&look, on_look, 1, 1);
	s->load = load_create(&loop, &c, &sink, NULL);
	load_start(s->load);
	uv_run(&loop, UV_RUN_DEFAULT);
	load_destroy(s->load);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(s->outcomes, UNANSWERED);
	free(s);
	silent_close(&server);
}

static void fresh_ones_get_theirs(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	run(s, true);
	assert_int_equal(s->totals.ok, REQUESTS);
	assert_true(was_late(s));
	assert_int_equal(s->totals.connections_opened, REQUESTS);
	free(s);
}

/* However much is due. */
static void the_word_to_stop_is_heard(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	s->stop_at = 1;
	run(s, false);
	assert_true(s->totals.not_sent > REQUESTS / 4);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read_before_more_connections_are_opened),
		cmocka_unit_test(far_too_late_it_makes_do_with_what_is_open),
		cmocka_unit_test(a_server_that_is_slower_than_we_are_late_gets_all_that_is_due),
		cmocka_unit_test(fresh_ones_get_theirs),
		cmocka_unit_test(the_word_to_stop_is_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
