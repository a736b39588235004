// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/fd.h"
#include "base/clock.h"
#include "lifecycle/handshakes.h"
#include "lifecycle/retire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int listen_any(int family, union address *ret_address)
{
	union address a = {0};
	socklen_t length = family == AF_INET ? sizeof a.v4 : sizeof a.v6;
	a.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &a.any, length), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, &a.any, &length), 0);
	*ret_address = a;
	return fd;
}

static int connect_start(const union address *to)
{
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, &to->any, to->any.sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6) == -1)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

/* How the connect ended: 0 or a positive errno. */
static int connect_result(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	assert_int_equal(poll(&p, 1, 10000), 1);
	int error = 0;
	socklen_t length = sizeof error;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	return error;
}

static int handshakes(int fd)
{
	uint16_t port = 0;
	assert_int_equal(lameduck_handshakes_port(fd, &port), 0);
	return lameduck_handshakes_count(port);
}

/* As in any loop: until it says 0, asking again when it says so. */
static void step_to_the_end(struct lameduck_listener *r)
{
	for (int wait_ms; (wait_ms = lameduck_listener_step(r)) > 0;)
		(void)poll(NULL, 0, wait_ms);
}

static void what_came_before_is_kept_and_what_comes_after_is_refused(void **state)
{
	union address address;
	struct lameduck_listener r;
	auto_close int listening = listen_any(AF_INET, &address);
	auto_close int early = connect_start(&address);
	assert_int_equal(connect_result(early), 0);
	assert_int_equal(lameduck_listener_retire(&r, listening), 0);
	auto_close int late = connect_start(&address);
	/* Not at once: a SYN may have come just before. */
	assert_true(lameduck_listener_step(&r) > 0);
	/* The queued connection speaks through the filter. */
	assert_int_equal(send(early, "x", 1, MSG_NOSIGNAL), 1);
	step_to_the_end(&r);
	auto_close int accepted = accept(listening, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(accept(listening, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	fd_close(&listening);
	struct pollfd p = {.fd = accepted, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 10000), 1);
	char byte;
	assert_int_equal(recv(accepted, &byte, 1, 0), 1);
	assert_int_equal(connect_result(late), ECONNREFUSED);
}

/* TCP_DEFER_ACCEPT keeps a handshake in SYN_RECV until the client speaks: a handshake under way, without a slow link.
 */
static void handshakes_under_way_are_waited_for(int family)
{
	union address address;
	struct lameduck_listener r;
	const int seconds = 5;
	auto_close int listening = listen_any(family, &address);
	assert_int_equal(setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds), 0);
	assert_int_equal(handshakes(listening), 0);
	union address to = {.v4 = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = address.v4.sin_port}};
	auto_close int client = connect_start(&to);
	assert_int_equal(connect_result(client), 0);
	assert_int_equal(handshakes(listening), 1);
	assert_int_equal(lameduck_listener_retire(&r, listening), 0);
	for (int i = 0; i < 3; i++) {
		r.next_ns = 0;
		assert_true(lameduck_listener_step(&r) > 0);
	}
	assert_int_equal(send(client, "x", 1, MSG_NOSIGNAL), 1);
	struct pollfd p = {.fd = listening, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 10000), 1);
	r.next_ns = 0;
	assert_int_equal(lameduck_listener_step(&r), 0);
}

static void handshakes_to_an_ipv4_listener_are_waited_for(void **state)
{
	handshakes_under_way_are_waited_for(AF_INET);
}

static void ipv4_handshakes_to_an_ipv6_listener_are_waited_for(void **state)
{
	int probe = socket(AF_INET6, SOCK_STREAM, 0);
	if (probe == -1)
		skip();
	fd_close(&probe);
	handshakes_under_way_are_waited_for(AF_INET6);
}

#define CROWD 8

/* The client's port, by which its connection is known on our side. */
static in_port_t own_port(int fd)
{
	struct sockaddr_in a;
	socklen_t length = sizeof a;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &length), 0);
	return a.sin_port;
}

/* Accepts all that wait, and strikes them off the list. */
static void accept_crowd(int listening, in_port_t ports[CROWD])
{
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	for (int fd; (fd = accept(listening, (struct sockaddr *)&from, &length)) >= 0; length = sizeof from) {
		for (int i = 0; i < CROWD; i++)
			if (ports[i] == from.sin_port)
				ports[i] = 0;
		fd_close(&fd);
	}
	assert_int_equal(errno, EAGAIN);
}

/* While the queue is full SYNs are dropped, or the last part of a handshake: then it is over to the client and under
 * way to us. */
static void a_full_queue_keeps_what_clients_hold_for_connected(void **state)
{
	union address address;
	struct lameduck_listener r;
	int clients[CROWD];
	in_port_t ports[CROWD] = {0};
	int connected = 0, wait_ms;
	auto_close int listening = listen_any(AF_INET, &address);
	assert_int_equal(listen(listening, 1), 0);
	for (int i = 0; i < CROWD; i++) {
		clients[i] = connect_start(&address);
		struct pollfd p = {.fd = clients[i], .events = POLLOUT};
		if (poll(&p, 1, 100) == 1 && connect_result(clients[i]) == 0) {
			ports[i] = own_port(clients[i]);
			connected++;
		}
	}
	assert_true(connected > 0);
	assert_int_equal(lameduck_listener_retire(&r, listening), 0);
	while ((wait_ms = lameduck_listener_step(&r)) > 0) {
		accept_crowd(listening, ports);
		(void)poll(NULL, 0, wait_ms);
	}
	accept_crowd(listening, ports);
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(ports[i], 0);
		fd_close(&clients[i]);
	}
}

static void nobody_is_waited_for_for_ever(void **state)
{
	struct lameduck_listener r = {.since_ns = 0};
	assert_false(lameduck_listener_look(&r, 1, NS_PER_S, 0));
	assert_true(lameduck_listener_look(&r, 1, 2 * NS_PER_S, 0));
	/* Without eyes, shorter. */
	assert_false(lameduck_listener_look(&r, -EACCES, NS_PER_S / 4, 0));
	assert_true(lameduck_listener_look(&r, -EACCES, NS_PER_S, 0));
}

static void looks_that_take_long_are_rare(void **state)
{
	struct lameduck_listener r = {.since_ns = 0};
	assert_false(lameduck_listener_look(&r, 1, NS_PER_S, NS_PER_MS));
	assert_int_equal(r.next_ns, NS_PER_S + 25 * NS_PER_MS);
	assert_false(lameduck_listener_look(&r, 1, NS_PER_S, 40 * NS_PER_MS));
	assert_int_equal(r.next_ns, NS_PER_S + 160 * NS_PER_MS);
}

static void what_is_no_socket_is_said(void **state)
{
	struct lameduck_listener r;
	assert_int_equal(lameduck_listener_retire(&r, -1), -EBADF);
	uint16_t port;
	assert_int_equal(lameduck_handshakes_port(-1, &port), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_before_is_kept_and_what_comes_after_is_refused),
		cmocka_unit_test(handshakes_to_an_ipv4_listener_are_waited_for),
		cmocka_unit_test(ipv4_handshakes_to_an_ipv6_listener_are_waited_for),
		cmocka_unit_test(a_full_queue_keeps_what_clients_hold_for_connected),
		cmocka_unit_test(nobody_is_waited_for_for_ever),
		cmocka_unit_test(looks_that_take_long_are_rare),
		cmocka_unit_test(what_is_no_socket_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
