// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/poller.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_is_told_and_then_the_turn),
		cmocka_unit_test(what_is_asked_for_can_change),
		cmocka_unit_test(a_descriptor_closed_meanwhile_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
