// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/connect.h"
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define TRIES 50

static struct sockaddr_storage loopback(uint16_t port)
{
	struct sockaddr_storage a = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&a;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons(port);
	return a;
}

static int begin(uint16_t port, int options)
{
	struct sockaddr_storage to = loopback(port);
	uint16_t local = 0;
	int fd = -1;
	int rc = connect_begin(&to, sizeof(struct sockaddr_in), "", options, &fd, &local);
	assert_true(rc == 0 || rc == -EINPROGRESS);
	assert_true(local > 0);
	return fd;
}

static int get(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof value;
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, option, &value, &length), 0);
	return value;
}

static int listener(uint16_t *ret_port)
{
	int fd = -1;
	assert_int_equal(listen_open("127.0.0.1", 0, &fd, ret_port, NULL), 0);
	assert_int_equal(listen_start(fd, NULL), 0);
	return fd;
}

/* The kernel waits 200 ms for the first bytes: on a machine that is busier than that, try again. */
static void who_speaks_first_is_accepted_with_what_it_says(void **state)
{
	uint16_t port = 0;
	int server = listener(&port);
	bool seen = false;
	for (int i = 0; i < TRIES && !seen; i++) {
		char some[8];
		int client = begin(port, CONNECT_SPEAKS_FIRST);
		int early = listen_accept(server);
		assert_int_equal(send(client, "hello", 5, MSG_NOSIGNAL), 5);
		connect_spoke(client);
		assert_int_equal(get(client, TCP_QUICKACK), 1);
		int peer = early >= 0 ? early : listen_accept(server);
		assert_true(peer >= 0);
		if (early == -EAGAIN)
			seen = recv(peer, some, sizeof some, MSG_DONTWAIT) == 5;
		(void)close(peer);
		(void)close(client);
	}
	assert_true(seen);
	(void)close(server);
}

static void who_does_not_is_accepted_at_once(void **state)
{
	uint16_t port = 0;
	int server = listener(&port);
	int client = begin(port, CONNECT_NODELAY);
	int peer = listen_accept(server);
	assert_true(peer >= 0);
	assert_int_equal(connect_result(client), 0);
	assert_true(get(client, TCP_NODELAY) != 0);
	(void)close(peer);
	(void)close(client);
	(void)close(server);
}

static void a_refusal_is_told_by_the_first_write(void **state)
{
	uint16_t port = 0;
	(void)close(listener(&port));
	int client = begin(port, CONNECT_SPEAKS_FIRST);
	assert_int_equal(send(client, "hello", 5, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, ECONNREFUSED);
	(void)close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_speaks_first_is_accepted_with_what_it_says),
		cmocka_unit_test(who_does_not_is_accepted_at_once),
		cmocka_unit_test(a_refusal_is_told_by_the_first_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
