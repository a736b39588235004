// SPDX-License-Identifier: Apache-2.0
/* tls_io.c - what goes through a stream under TLS, in pieces of any size, and how it ends. */
#include "../unit.h"
#include "base/memory.h"
#include "pair.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const both[] = {"h2", "http/1.1", NULL};

static void data_goes_both_ways(void **state)
{
	struct pair p;
	char buffer[64];
	pair_open(&p);
	assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), -EAGAIN);
	assert_int_equal(p.client.wants, STREAM_READABLE);
	struct iovec parts[] = {{"", 0}, {"GET / ", 6}, {"", 0}, {"HTTP/1.1", 8}};
	assert_int_equal(stream_send(&p.client, parts, 4), 14);
	pair_receives(&p.server, "GET / HTTP/1.1");
	assert_int_equal(pair_send(&p.server, "200"), 3);
	pair_receives(&p.client, "200");
	assert_int_equal(stream_send(&p.client, parts, 1), 0);
	assert_false(stream_has_pending(&p.client));
	pair_close(&p);
	stream_close(&p.client);
}

/* One byte at a time, as a slow network may cut it; true when one was moved. */
static bool relay(int from, int to)
{
	char byte;
	if (recv(from, &byte, 1, MSG_DONTWAIT) != 1)
		return false;
	assert_int_equal(send(to, &byte, 1, MSG_NOSIGNAL), 1);
	return true;
}

static void cuts_do_not_matter(void **state)
{
	struct tls_context *client = pair_client(both, false), *server = pair_server(both);
	struct pair p;
	int a, b;
	pair_begin(&p, client, server, "shop.example");
	/* The server's end moves to a pair of its own, and we sit between. */
	pair_sockets(&a, &b);
	int middle = p.server.fd;
	p.server.fd = a;
	BIO_set_data(SSL_get_rbio(p.server.tls), (void *)(intptr_t)a);
	int ours = -EAGAIN, theirs = -EAGAIN;
	while (ours == -EAGAIN || theirs == -EAGAIN) {
		if (ours == -EAGAIN)
			ours = tls_handshake(&p.client, NULL);
		if (theirs == -EAGAIN)
			theirs = tls_handshake(&p.server, NULL);
		assert_true(relay(middle, b) | relay(b, middle) || (ours == 0 && theirs == 0));
	}
	assert_int_equal(ours, 0);
	assert_int_equal(theirs, 0);
	char buffer[32];
	while (relay(b, middle)) /* session tickets */
		assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), -EAGAIN);
	assert_int_equal(pair_send(&p.server, "in pieces"), 9);
	ssize_t n = -EAGAIN;
	while ((n = stream_receive(&p.client, buffer, sizeof buffer)) == -EAGAIN) {
		assert_false(stream_has_pending(&p.client)); /* half a record is nothing to hand out */
		assert_true(relay(b, middle));
	}
	assert_int_equal(n, 9);
	pair_close(&p);
	close(middle);
	close(b);
	tls_context_destroy(client);
	tls_context_destroy(server);
}

/* In one part or in two, from another place in memory after each wait, and read with buffers of any size. */
static void much_arrives_as_it_was(void **state)
{
	enum { SIZE = 3000000 };
	struct pair p;
	char *copies[] = {memory_new(SIZE, 1), memory_new(SIZE, 1)}, *got = memory_new(SIZE, 1);
	size_t sent = 0, received = 0, waits = 0;
	for (size_t i = 0; i < SIZE; i++)
		copies[0][i] = copies[1][i] = (char)(i * 7 + i / 251);
	pair_open(&p);
	while (received < SIZE) {
		const char *body = copies[waits % 2] + sent;
		size_t left = SIZE - sent, first = left < 1000 || sent < SIZE / 2 ? left : 1000;
		struct iovec parts[] = {{(char *)body, first}, {(char *)body + first, left - first}};
		ssize_t n = left ? stream_send(&p.client, parts, 2) : 0;
		assert_true(n >= 0 || n == -EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		waits += n == -EAGAIN;
		if (n > 0 && sent < SIZE)
			continue;
		size_t want = 1 + received % 40000, room = SIZE - received;
		n = stream_receive(&p.server, got + received, want < room ? want : room);
		assert_true(n > 0);
		received += (size_t)n;
	}
	assert_true(waits > 2);
	assert_memory_equal(copies[0], got, SIZE);
	free(copies[0]);
	free(copies[1]);
	free(got);
	pair_close(&p);
}

static void what_is_left_over_is_pending(void **state)
{
	struct pair p;
	char buffer[4];
	pair_open(&p);
	assert_int_equal(pair_send(&p.server, "abcdef"), 6);
	assert_int_equal(pair_send(&p.server, "gh"), 2);
	assert_int_equal(stream_receive(&p.client, buffer, 4), 4);
	assert_true(stream_has_pending(&p.client));
	assert_int_equal(stream_receive(&p.client, buffer, 4), 4);
	assert_memory_equal(buffer, "efgh", 4);
	assert_int_equal(stream_receive(&p.client, buffer, 4), -EAGAIN);
	assert_false(stream_has_pending(&p.client));
	pair_close(&p);
}

static void an_end_right_behind_bytes_is_pending(void **state)
{
	struct pair p;
	char buffer[8];
	pair_open(&p);
	assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), -EAGAIN);
	assert_int_equal(pair_send(&p.server, "last"), 4);
	assert_int_equal(stream_shutdown(&p.server), 0);
	pair_receives(&p.client, "last");
	assert_true(stream_has_pending(&p.client));
	assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), 0);
	assert_false(stream_has_pending(&p.client));
	pair_close(&p);
}

static void an_end_in_order_is_told_from_a_cut(void **state)
{
	for (int in_order = 0; in_order < 2; in_order++) {
		struct pair p;
		char buffer[8];
		pair_open(&p);
		assert_int_equal(pair_send(&p.server, "last"), 4);
		if (in_order)
			assert_int_equal(stream_shutdown(&p.server), 0);
		else
			shutdown(p.server.fd, SHUT_WR);
		pair_receives(&p.client, "last");
		assert_false(p.client.was_cut);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), 0);
			assert_int_equal(p.client.was_cut, !in_order);
		}
		/* The other direction goes on. */
		assert_int_equal(pair_send(&p.client, "still"), 5);
		pair_receives(&p.server, "still");
		assert_int_equal(stream_shutdown(&p.client), 0);
		assert_int_equal(stream_shutdown(&p.client), 0);
		assert_int_equal(stream_receive(&p.server, buffer, sizeof buffer), 0);
		assert_false(p.server.was_cut);
		pair_close(&p);
	}
}

static void the_word_for_the_end_waits_for_room(void **state)
{
	struct pair p;
	char block[4096] = {0}, buffer[65536];
	struct iovec part = {block, sizeof block};
	pair_open(&p);
	/* Whole records, so that the socket is full between two of them. */
	int small = 4096;
	setsockopt(p.server.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	size_t sent = 0, received = 0;
	while (stream_send(&p.server, &part, 1) > 0)
		sent += sizeof block;
	assert_int_equal(p.server.wants, STREAM_WRITABLE);
	ssize_t n;
	while ((n = stream_receive(&p.client, buffer, sizeof buffer)) > 0)
		received += (size_t)n;
	assert_int_equal(stream_send(&p.server, &part, 1), sizeof block);
	sent += sizeof block;
	/* Filled behind TLS's back: now not even an alert fits. */
	while (send(p.server.fd, block, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		;
	assert_int_equal(stream_shutdown(&p.server), -EAGAIN);
	assert_int_equal(p.server.wants, STREAM_WRITABLE);
	assert_int_equal(stream_shutdown(&p.server), -EAGAIN);
	while (recv(p.client.fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(stream_shutdown(&p.server), 0);
	assert_true(recv(p.client.fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0);
	assert_int_equal(recv(p.client.fd, buffer, sizeof buffer, MSG_DONTWAIT), 0);
	pair_close(&p);
}

static void what_came_before_a_failure_comes_first(void **state)
{
	struct pair p;
	char buffer[64] = "";
	struct err err = {0};
	pair_open(&p);
	assert_int_equal(pair_send(&p.server, "good"), 4);
	assert_int_equal(send(p.server.fd, "\x17\x03\x03\x00\x20 this is no record of anybody's", 37, 0), 37);
	pair_receives(&p.client, "good");
	assert_true(stream_has_pending(&p.client));
	for (int again = 0; again < 2; again++)
		assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), -EPROTO);
	tls_explain(&p.client, -EPROTO, &err);
	assert_true(err.text[0]);
	/* The other side is told. */
	assert_int_equal(stream_receive(&p.server, buffer, sizeof buffer), -EPROTO);
	tls_explain(&p.server, -EPROTO, &err);
	assert_string_equal(err.text, "alert from the peer: bad record mac");
	assert_int_equal(stream_shutdown(&p.server), 0);
	pair_close(&p);
}

static void a_peer_that_left_is_no_signal(void **state)
{
	struct pair p;
	char buffer[8];
	pair_open(&p);
	assert_int_equal(pair_send(&p.server, "early"), 5);
	stream_close(&p.server);
	assert_int_equal(pair_send(&p.client, "x"), -EPIPE);
	pair_receives(&p.client, "early");
	assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), 0);
	assert_true(p.client.was_cut);
	pair_close(&p);
}

static void errors_of_others_are_not_ours(void **state)
{
	struct pair p;
	char buffer[8];
	pair_open(&p);
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	assert_int_equal(stream_receive(&p.client, buffer, sizeof buffer), -EAGAIN);
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	assert_int_equal(pair_send(&p.client, "x"), 1);
	ERR_clear_error();
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_both_ways),
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(much_arrives_as_it_was),
		cmocka_unit_test(what_is_left_over_is_pending),
		cmocka_unit_test(an_end_right_behind_bytes_is_pending),
		cmocka_unit_test(an_end_in_order_is_told_from_a_cut),
		cmocka_unit_test(the_word_for_the_end_waits_for_room),
		cmocka_unit_test(what_came_before_a_failure_comes_first),
		cmocka_unit_test(a_peer_that_left_is_no_signal),
		cmocka_unit_test(errors_of_others_are_not_ours),
	};
	return cmocka_run_group_tests(tests, pair_prepare, pair_clean);
}
