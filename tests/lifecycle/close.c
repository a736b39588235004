// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/fd.h"

#include <errno.h>
#include <lameduck.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define PATIENCE_MS 30000

/* A connection over loopback: ours and the client's end. */
struct pair {
	int ours, client;
};

static struct pair connected(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof a;
	int small = 4096;
	auto_close int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pair p = {.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_int_equal(bind(listening, (struct sockaddr *)&a, length), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&a, &length), 0);
	assert_int_equal(setsockopt(p.client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	assert_int_equal(connect(p.client, (struct sockaddr *)&a, sizeof a), 0);
	p.ours = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(p.ours >= 0);
	return p;
}

static void pair_close(struct pair *p)
{
	fd_close(&p->ours);
	fd_close(&p->client);
}

static void assert_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

static void the_clients_close_ends_it(void **state)
{
	struct pair p = connected();
	struct lameduck_close c;
	char answer[8];
	assert_int_equal(send(p.ours, "answer", 6, 0), 6);
	lameduck_close_begin(&c, p.ours, PATIENCE_MS);
	assert_false(lameduck_close_step(&c));
	assert_in_range(lameduck_close_left_ms(&c), 1, PATIENCE_MS);
	assert_int_equal(recv(p.client, answer, sizeof answer, 0), 6);
	assert_int_equal(recv(p.client, answer, sizeof answer, 0), 0);
	fd_close(&p.client);
	assert_readable(p.ours);
	assert_true(lameduck_close_step(&c));
	pair_close(&p);
}

static void what_comes_late_resets_nothing(void **state)
{
	struct pair p = connected();
	struct lameduck_close c;
	char answer[8];
	assert_int_equal(send(p.ours, "answer", 6, 0), 6);
	lameduck_close_begin(&c, p.ours, PATIENCE_MS);
	assert_int_equal(send(p.client, "more", 4, 0), 4);
	assert_readable(p.ours);
	assert_false(lameduck_close_step(&c));
	assert_int_equal(c.late, 4);
	assert_int_equal(recv(p.client, answer, sizeof answer, 0), 6);
	assert_int_equal(recv(p.client, answer, sizeof answer, 0), 0);
	pair_close(&p);
}

static void a_client_that_does_nothing_is_left(void **state)
{
	struct pair p = connected();
	struct lameduck_close c;
	lameduck_close_begin(&c, p.ours, 20);
	while (!lameduck_close_step(&c)) {
		struct pollfd poll_it = {.fd = p.ours, .events = POLLIN};
		(void)poll(&poll_it, 1, lameduck_close_left_ms(&c));
	}
	assert_int_equal(lameduck_close_left_ms(&c), 0);
	pair_close(&p);
}

/* Fills both buffers; returns how much that was. */
static size_t fill(int fd)
{
	static char block[65536];
	size_t total = 0;
	for (ssize_t n; (n = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0;)
		total += (size_t)n;
	return total;
}

/* Reads all, and steps while the time of the closing side is always over. */
static void a_client_that_reads_on_is_not_left(void **state)
{
	struct pair p = connected();
	struct lameduck_close c;
	size_t owed = fill(p.ours);
	char block[2048];
	lameduck_close_begin(&c, p.ours, 1);
	assert_true(c.unsent > 0);
	while (owed > 0) {
		int before = c.unsent;
		ssize_t n = recv(p.client, block, sizeof block, 0);
		assert_true(n > 0);
		owed -= (size_t)n;
		c.due_ns = 0;
		/* Only a look that finds nothing taken since the last one may end it. */
		if (lameduck_close_step(&c))
			assert_true(c.unsent == 0 || c.unsent >= before);
	}
	assert_int_equal(recv(p.client, block, sizeof block, 0), 0);
	pair_close(&p);
}

static void a_client_that_never_stops_talking_is_left(void **state)
{
	struct pair p = connected();
	struct lameduck_close c;
	static char block[65536];
	bool is_done = false;
	lameduck_close_begin(&c, p.ours, PATIENCE_MS);
	for (int i = 0; i < 100000 && !is_done; i++) {
		if (send(p.client, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
			assert_true(errno == EAGAIN);
		is_done = lameduck_close_step(&c);
	}
	assert_true(is_done);
	assert_true(c.late > 1024 * 1024);
	pair_close(&p);
}

static void a_last_look_sees_what_lies_there(void **state)
{
	struct pair p = connected();
	assert_true(lameduck_close_is_idle(p.ours));
	assert_int_equal(send(p.client, "x", 1, 0), 1);
	assert_readable(p.ours);
	assert_false(lameduck_close_is_idle(p.ours));
	char byte;
	assert_int_equal(recv(p.ours, &byte, 1, 0), 1);
	fd_close(&p.client);
	assert_readable(p.ours);
	assert_true(lameduck_close_is_idle(p.ours));
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clients_close_ends_it),
		cmocka_unit_test(what_comes_late_resets_nothing),
		cmocka_unit_test(a_client_that_does_nothing_is_left),
		cmocka_unit_test(a_client_that_reads_on_is_not_left),
		cmocka_unit_test(a_client_that_never_stops_talking_is_left),
		cmocka_unit_test(a_last_look_sees_what_lies_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
