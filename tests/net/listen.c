// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static void what_is_accepted_sends_at_once(void **state)
{
	int fd, value = 0;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint16_t port;
	assert_int_equal(listen_open("127.0.0.1", 0, &fd, &port, NULL), 0);
	assert_int_equal(listen_start(fd, NULL), 0);
	assert_int_equal(listen_accept(fd), -EAGAIN);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons(port);
	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
	int accepted = listen_accept(fd);
	assert_true(accepted >= 0);
	assert_int_equal(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &value, &(socklen_t){sizeof value}), 0);
	assert_true(value);
	(void)close(accepted);
	(void)close(client);
	(void)close(fd);
}

static void only_addresses_are_taken(void **state)
{
	struct err err = {0};
	int fd = -1;
	uint16_t port;
	assert_int_equal(listen_open("localhost", 0, &fd, &port, &err), -EINVAL);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_accepted_sends_at_once),
		cmocka_unit_test(only_addresses_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
