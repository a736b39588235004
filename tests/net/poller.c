// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/poller.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 4

static struct seen {
	struct poller poller;
	uv_loop_t loop;
	struct watch watches[PAIRS];
	int theirs[PAIRS];
	int told[PAIRS]; /* events, of all times together */
	int turns, closed;
	bool is_round;
	void (*then)(int i);
} seen;

static void on_closed(void *data)
{
	seen.closed++;
}

static void on_turned(void *data)
{
	seen.turns++;
	poller_close(&seen.poller, on_closed);
}

static void on_ready(struct watch *w, int events)
{
	int i = (int)(w - seen.watches);
	seen.told[i] |= events;
	if (seen.then)
		seen.then(i);
}

static void begin(int events)
{
	seen = (struct seen){0};
	uv_loop_init(&seen.loop);
	assert_int_equal(poller_init(&seen.poller, &seen.loop, on_turned, NULL, NULL), 0);
	for (int i = 0; i < PAIRS; i++) {
		int pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		seen.watches[i].ready = on_ready;
		seen.theirs[i] = pair[1];
		assert_int_equal(poller_add(&seen.poller, &seen.watches[i], pair[0], events), 0);
	}
}

static void run(void)
{
	if (seen.is_round)
		poller_run(&seen.poller);
	else
		uv_run(&seen.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&seen.loop), 0);
	assert_int_equal(seen.closed, 1);
	for (int i = 0; i < PAIRS; i++) {
		(void)close(seen.watches[i].fd);
		(void)close(seen.theirs[i]);
	}
}

static void what_is_ready_is_told_and_then_the_turn(void **state)
{
	begin(POLLER_READABLE);
	assert_int_equal(write(seen.theirs[1], "x", 1), 1);
	assert_int_equal(shutdown(seen.theirs[2], SHUT_WR), 0);
	run();
	assert_int_equal(seen.turns, 1);
	assert_int_equal(seen.told[0], 0);
	assert_int_equal(seen.told[1], POLLER_READABLE);
	assert_int_equal(seen.told[2], POLLER_READABLE | POLLER_ENDING);
}

static void what_is_asked_for_can_change(void **state)
{
	begin(POLLER_READABLE);
	poller_change(&seen.poller, &seen.watches[3], POLLER_READABLE | POLLER_WRITABLE);
	run();
	assert_int_equal(seen.told[0], 0);
	assert_int_equal(seen.told[3], POLLER_WRITABLE);
}

static void close_all(int told)
{
	for (int i = 0; i < PAIRS; i++)
		(void)close(seen.watches[i].fd);
	seen.then = NULL;
}

/* What was ready in the same turn is still told. */
static void a_descriptor_closed_meanwhile_does_no_harm(void **state)
{
	begin(POLLER_WRITABLE);
	seen.then = close_all;
	uv_run(&seen.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&seen.loop), 0);
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(seen.told[i], POLLER_WRITABLE);
		(void)close(seen.theirs[i]);
	}
}

/* A timer of the loop's and an end of a socket, whichever way round; the loop ends with the poller. */
static void on_timer(uv_timer_t *timer)
{
	assert_int_equal(write(seen.theirs[0], "x", 1), 1);
	uv_close((uv_handle_t *)timer, NULL);
}

static void round_or_not_both_are_served(void **state)
{
	for (int i = 0; i <= 1; i++) {
		uv_timer_t timer;
		begin(POLLER_READABLE);
		seen.is_round = i == 1;
		uv_timer_init(&seen.loop, &timer);
		uv_timer_start(&timer, on_timer, 5, 0);
		run();
		assert_int_equal(seen.turns, 1);
		assert_int_equal(seen.told[0], POLLER_READABLE);
	}
}

/* A socket that always has something must not keep the loop from its timers. */
static int rounds;

static void on_tick(uv_timer_t *timer)
{
	if (++rounds < 3)
		return;
	uv_close((uv_handle_t *)timer, NULL);
	poller_close(&seen.poller, on_closed);
}

static void keep_turning(void *data)
{
	seen.turns++;
}

static void a_busy_socket_leaves_time_for_timers(void **state)
{
	uv_timer_t timer;
	begin(POLLER_WRITABLE);
	rounds = 0;
	seen.is_round = true;
	seen.poller.turned = keep_turning;
	uv_timer_init(&seen.loop, &timer);
	uv_timer_start(&timer, on_tick, 2, 2);
	run();
	assert_int_equal(rounds, 3);
	assert_true(seen.turns > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_is_told_and_then_the_turn),
		cmocka_unit_test(what_is_asked_for_can_change),
		cmocka_unit_test(round_or_not_both_are_served),
		cmocka_unit_test(a_busy_socket_leaves_time_for_timers),
		cmocka_unit_test(a_descriptor_closed_meanwhile_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
