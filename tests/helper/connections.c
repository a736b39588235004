// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/clock.h"
#include "helper/connections.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool busy(struct connection *c, struct diag_socket s, int64_t now_ns)
{
	s.has_info = true;
	(void)connection_update(c, &s, now_ns);
	return c->is_busy;
}

static void the_last_word_tells_who_is_waited_for(void **state)
{
	struct connection c = {0};
	assert_false(busy(&c, (struct diag_socket){0}, 0));
	c = (struct connection){0};
	assert_true(busy(&c, (struct diag_socket){.bytes_received = 10}, 0));
	c = (struct connection){0};
	assert_true(busy(
		&c, (struct diag_socket){.bytes_received = 10, .bytes_sent = 9, .received_ms = 5, .sent_ms = 90}, 0));
	c = (struct connection){0};
	assert_false(busy(
		&c, (struct diag_socket){.bytes_received = 10, .bytes_sent = 9, .received_ms = 90, .sent_ms = 5}, 0));
}

static void what_lies_in_a_buffer_is_in_flight(void **state)
{
	struct diag_socket answered = {.bytes_received = 10, .bytes_sent = 9, .received_ms = 90, .sent_ms = 5};
	struct connection c = {0};
	answered.unread = 1;
	assert_true(busy(&c, answered, 0));
	answered.unread = 0;
	answered.unsent = 1;
	assert_true(busy(&c, answered, 0));
}

static void a_tie_is_busy_until_an_ack_or_for_a_while(void **state)
{
	struct diag_socket tie = {.bytes_received = 10,
				  .bytes_sent = 9,
				  .received_ms = 5,
				  .sent_ms = 5,
				  .acked_ms = 5,
				  .segments_in = 3,
				  .data_segments_in = 1};
	struct connection c = {0};
	assert_true(busy(&c, tie, 0));
	assert_true(busy(&c, tie, 1 * NS_PER_S));
	assert_false(busy(&c, tie, 2 * NS_PER_S));
	c = (struct connection){0};
	assert_true(busy(&c, tie, 0));
	tie.segments_in++;
	assert_false(busy(&c, tie, NS_PER_S / 10));
	c = (struct connection){0};
	tie.acked_ms = 1;
	assert_false(busy(&c, tie, 0));
}

static int listening_on(uint16_t *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, length), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static int connected_to(uint16_t port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
	return fd;
}

/* What comes over loopback is there when the receiver's descriptor is readable. */
static void pass(int from, int to)
{
	struct pollfd wait = {.fd = to, .events = POLLIN};
	assert_int_equal(send(from, "x", 1, 0), 1);
	assert_int_equal(poll(&wait, 1, 10000), 1);
}

static void a_real_connection_is_followed(void **state)
{
	struct connections_config config = {.port_count = 1};
	int listener = listening_on(&config.ports[0]);
	struct connections c;
	assert_int_equal(connections_init(&c, &config), 0);
	assert_int_equal(connections_find(&c, clock_ns()), 0);
	assert_int_equal(c.sight.open, 0);

	int client = connected_to(config.ports[0]);
	assert_int_equal(connections_find(&c, clock_ns()), 0);
	assert_int_equal(c.sight.waiting, 1);
	int server = accept(listener, NULL, NULL);
	assert_int_equal(connections_find(&c, clock_ns()), 0);
	assert_int_equal(c.sight.waiting, 0);
	assert_int_equal(c.sight.open, 1);
	assert_int_equal(c.sight.in_flight, 0);

	char byte;
	pass(client, server);
	assert_int_equal(connections_look(&c, clock_ns()), 0);
	assert_int_equal(c.sight.arrivals, 1);
	assert_int_equal(c.sight.in_flight, 1);
	assert_int_equal(recv(server, &byte, 1, 0), 1);
	assert_int_equal(connections_look(&c, clock_ns()), 0);
	assert_int_equal(c.sight.arrivals, 0);
	assert_int_equal(c.sight.in_flight, 1);
	pass(server, client);
	/* Within a tick it may be a tie; that ends, by itself if by nothing else. */
	assert_int_equal(connections_look(&c, clock_ns() + 3 * NS_PER_S), 0);
	assert_int_equal(c.sight.in_flight, 0);

	close(client);
	close(server);
	assert_int_equal(connections_look(&c, clock_ns()), 0);
	assert_int_equal(c.sight.open, 0);
	connections_finish(&c);
	close(listener);
}

static void a_peer_can_be_ignored(void **state)
{
	struct connections_config config = {
		.port_count = 1, .ignored = {{AF_INET, {127, 0, 0, 1}}}, .ignored_count = 1};
	int listener = listening_on(&config.ports[0]);
	int client = connected_to(config.ports[0]);
	struct connections c;
	assert_int_equal(connections_init(&c, &config), 0);
	assert_int_equal(connections_find(&c, clock_ns()), 0);
	assert_int_equal(c.sight.open, 0);
	connections_finish(&c);
	close(client);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_tells_who_is_waited_for),
		cmocka_unit_test(what_lies_in_a_buffer_is_in_flight),
		cmocka_unit_test(a_tie_is_busy_until_an_ack_or_for_a_while),
		cmocka_unit_test(a_real_connection_is_followed),
		cmocka_unit_test(a_peer_can_be_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
