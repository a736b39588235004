// SPDX-License-Identifier: Apache-2.0
/* tls.c - handshakes: whom one trusts, what is agreed on, how it fails. */
#include "../unit.h"
#include "pair.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOUR_S 3600L

static const char *const both[] = {"h2", "http/1.1", NULL};
static const char *const old[] = {"http/1.1", NULL};

static void alpn_is_agreed_on(void **state)
{
	static const struct {
		const char *const *client, *const *server;
		const char *agreed;
	} cases[] = {
		{both, both, "h2"}, {both, old, "http/1.1"}, {old, both, "http/1.1"},
		{NULL, both, ""},   {both, NULL, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls_context *client = pair_client(cases[i].client, false),
				   *server = pair_server(cases[i].server);
		struct pair p;
		pair_begin(&p, client, server, "shop.example");
		assert_int_equal(pair_shake(&p, NULL), 0);
		assert_string_equal(tls_protocol(&p.client), cases[i].agreed);
		assert_string_equal(tls_protocol(&p.server), cases[i].agreed);
		pair_close(&p);
		tls_context_destroy(client);
		tls_context_destroy(server);
	}
}

static void no_common_protocol_is_an_alert(void **state)
{
	static const char *const h2[] = {"h2", NULL};
	struct tls_context *client = pair_client(h2, false), *server = pair_server(old);
	struct pair p;
	struct err err = {0};
	pair_begin(&p, client, server, "shop.example");
	assert_int_equal(pair_shake(&p, &err), -EPROTO);
	assert_string_equal(err.text, "alert from the peer: no application protocol");
	pair_close(&p);
	tls_context_destroy(client);
	tls_context_destroy(server);
}

/* The handshake of a client that trusts the authority with what the server's files hold now. */
static int shake_with(const char *host, bool insecure, struct err *err)
{
	struct tls_context *client = pair_client(NULL, insecure), *server = pair_server(NULL);
	struct pair p;
	pair_begin(&p, client, server, host);
	int rc = pair_shake(&p, err);
	pair_close(&p);
	tls_context_destroy(client);
	tls_context_destroy(server);
	return rc;
}

static void names_and_addresses_are_compared(void **state)
{
	static const struct {
		const char *host, *words; /* NULL: accepted */
	} cases[] = {
		{"shop.example", NULL},
		{"SHOP.example", NULL},
		{"shop.example.", NULL},
		{"a.shops.example", NULL},
		{"127.0.0.1", NULL},
		{"::1", NULL},
		{"other.example", "the certificate is not for 'other.example'"},
		{"a.b.shops.example", "the certificate is not for 'a.b.shops.example'"},
		{"partial.stores.example", "the certificate is not for 'partial.stores.example'"},
		{"127.0.0.2", "the certificate is not for this address"},
		{"::2", "the certificate is not for this address"},
	};
	pair_serve_as_shop();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		assert_int_equal(shake_with(cases[i].host, false, &err), cases[i].words ? -EKEYREJECTED : 0);
		assert_string_equal(err.text, cases[i].words ? cases[i].words : "");
	}
}

static void what_cannot_be_verified_is_said(void **state)
{
	struct certificate stranger = certificate_make(&(struct certificate_spec){.common_name = "stranger"});
	struct certificate namesake = certificate_make(&(struct certificate_spec){.common_name = "authority"});
	const struct {
		struct certificate_spec spec;
		const char *words;
	} cases[] = {
		{{"shop", "DNS:shop.example", &pair_authority, -2 * HOUR_S, -HOUR_S}, "certificate has expired"},
		{{"shop", "DNS:shop.example", &pair_authority, HOUR_S, 2 * HOUR_S}, "certificate is not yet valid"},
		{{"shop", "DNS:shop.example", NULL, 0, 0}, "self-signed certificate"},
		{{"shop", "DNS:shop.example", &stranger, 0, 0}, "unable to get local issuer certificate"},
		{{"shop", "DNS:shop.example", &namesake, 0, 0}, "certificate signature failure"},
		{{"shop", "DNS:shop", &pair_authority, 0, 0}, "the certificate is not for 'shop.example'"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		pair_serve_as(&cases[i].spec);
		assert_int_equal(shake_with("shop.example", false, &err), -EKEYREJECTED);
		assert_string_equal(err.text, cases[i].words);
		assert_int_equal(err.kind, ERR_SYSTEM);
		assert_int_equal(shake_with("shop.example", true, NULL), 0);
	}
	certificate_finish(&stranger);
	certificate_finish(&namesake);
	pair_serve_as_shop();
}

static void the_certificate_itself_may_be_the_trusted_one(void **state)
{
	const struct tls_client_config config = {.cacert = pair_files.certificate};
	struct tls_context *client = tls_client_create(&config, NULL), *server = pair_server(NULL);
	struct pair p;
	pair_begin(&p, client, server, "shop.example");
	assert_int_equal(pair_shake(&p, NULL), 0);
	pair_close(&p);
	tls_context_destroy(client);
	tls_context_destroy(server);
}

static void every_handshake_is_a_full_one(void **state)
{
	struct tls_context *client = pair_client(NULL, false), *server = pair_server(NULL);
	for (int i = 0; i < 3; i++) {
		struct pair p;
		pair_begin(&p, client, server, "shop.example");
		assert_int_equal(pair_shake(&p, NULL), 0);
		assert_int_equal(pair_send(&p.server, "x"), 1);
		pair_receives(&p.client, "x");
		assert_false(SSL_session_reused(p.client.tls));
		pair_close(&p);
	}
	tls_context_destroy(client);
	tls_context_destroy(server);
}

static void files_that_are_wrong_are_the_users(void **state)
{
	struct err err = {0};
	assert_null(tls_client_create(&(struct tls_client_config){.cacert = "/does/not/exist"}, &err));
	assert_string_equal(err.text, "/does/not/exist: No such file or directory");
	assert_int_equal(err.kind, ERR_INPUT);
	pair_write_file(pair_files.other, "");
	assert_null(tls_client_create(&(struct tls_client_config){.cacert = pair_files.other}, &err));
	assert_non_null(strstr(err.text, "no certificate in PEM form"));

	struct tls_server_config config = {.certificate = pair_files.other, .key = pair_files.key};
	assert_null(tls_server_create(&config, &err));
	assert_non_null(strstr(err.text, "no certificate in PEM form"));
	config = (struct tls_server_config){.certificate = pair_files.certificate, .key = pair_files.other};
	assert_null(tls_server_create(&config, &err));
	assert_non_null(strstr(err.text, "no key in PEM form"));
	config.certificate = pair_files.authority;
	config.key = pair_files.key;
	assert_null(tls_server_create(&config, &err));
	assert_non_null(strstr(err.text, "does not belong to"));
	assert_int_equal(err.kind, ERR_INPUT);
	config.key = "/does/not/exist";
	assert_null(tls_server_create(&config, &err));
	assert_string_equal(err.text, "key /does/not/exist: No such file or directory");
}

/* A client's handshake with a peer that is a test of its own. */
static int shake_against(void (*peer)(int fd), struct err *err)
{
	struct tls_context *client = pair_client(NULL, false);
	struct stream s;
	int a, b;
	pair_sockets(&a, &b);
	stream_init(&s, a);
	assert_int_equal(tls_begin(&s, client, "shop.example"), 0);
	assert_int_equal(tls_handshake(&s, err), -EAGAIN);
	assert_int_equal(s.wants, STREAM_READABLE);
	peer(b);
	int rc = tls_handshake(&s, err);
	stream_close(&s);
	close(b);
	tls_context_destroy(client);
	return rc;
}

static void read_hello(int fd)
{
	char buffer[4096];
	assert_true(recv(fd, buffer, sizeof buffer, 0) > 0);
}

static void peer_closes(int fd)
{
	read_hello(fd);
	shutdown(fd, SHUT_WR);
}

static void peer_speaks_http(int fd)
{
	read_hello(fd);
	assert_true(send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0) == 28);
}

static void peer_refuses(int fd)
{
	read_hello(fd);
	assert_int_equal(send(fd, "\x15\x03\x01\x00\x02\x02\x46", 7, 0), 7);
}

static void peers_that_are_none_are_named(void **state)
{
	static const struct {
		void (*peer)(int fd);
		int rc;
		const char *words;
	} cases[] = {
		{peer_closes, -ECONNABORTED, "closed"},
		{peer_speaks_http, -EPROTO, "the peer does not speak TLS"},
		{peer_refuses, -EPROTO, "alert from the peer: protocol version"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		assert_int_equal(shake_against(cases[i].peer, &err), cases[i].rc);
		assert_string_equal(err.text, cases[i].words);
	}
}

static void a_reset_in_the_handshake_keeps_its_errno(void **state)
{
	struct tls_context *client = pair_client(NULL, false);
	struct stream s;
	struct err err = {0};
	int a, b;
	pair_sockets(&a, &b);
	stream_init(&s, a);
	assert_int_equal(tls_begin(&s, client, "shop.example"), 0);
	assert_int_equal(tls_handshake(&s, NULL), -EAGAIN);
	close(b); /* with the hello unread: a reset */
	assert_int_equal(tls_handshake(&s, &err), -ECONNRESET);
	assert_string_equal(err.text, "reset by peer");
	assert_int_equal(stream_shutdown(&s), 0);
	stream_close(&s);
	tls_context_destroy(client);
}

/* The serial number of what the server shows to a new connection. */
static long serial_of(struct tls_context *client, struct tls_context *server)
{
	struct pair p;
	pair_begin(&p, client, server, "shop.example");
	assert_int_equal(pair_shake(&p, NULL), 0);
	X509 *x509 = SSL_get1_peer_certificate(p.client.tls);
	long serial = ASN1_INTEGER_get(X509_get_serialNumber(x509));
	X509_free(x509);
	pair_close(&p);
	return serial;
}

static void a_reload_is_for_new_connections(void **state)
{
	struct tls_context *client = pair_client(NULL, false), *server = pair_server(NULL);
	struct pair p;
	struct err err = {0};
	pair_begin(&p, client, server, "shop.example");
	assert_int_equal(pair_shake(&p, NULL), 0);
	long before = serial_of(client, server);
	pair_write_file(pair_files.key, "no key");
	assert_true(tls_server_reload(server, &err) < 0);
	assert_non_null(strstr(err.text, "no key in PEM form"));
	assert_int_equal(serial_of(client, server), before);
	pair_serve_as_shop();
	assert_int_equal(serial_of(client, server), before);
	assert_int_equal(tls_server_reload(server, NULL), 0);
	assert_int_not_equal(serial_of(client, server), before);
	assert_int_equal(pair_send(&p.server, "old"), 3);
	pair_receives(&p.client, "old");
	pair_close(&p);
	tls_context_destroy(client);
	tls_context_destroy(server);
}

struct reloading {
	struct tls_context *client, *server;
};

static void *shake_on(void *data)
{
	struct reloading *r = data;
	for (int i = 0; i < 20; i++) {
		struct pair p;
		pair_begin(&p, r->client, r->server, "shop.example");
		assert_int_equal(pair_shake(&p, NULL), 0);
		pair_close(&p);
	}
	return NULL;
}

static void threads_may_shake_hands_while_one_reloads(void **state)
{
	struct reloading r = {pair_client(NULL, false), pair_server(NULL)};
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, shake_on, &r), 0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(tls_server_reload(r.server, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	tls_context_destroy(r.client);
	tls_context_destroy(r.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alpn_is_agreed_on),
		cmocka_unit_test(no_common_protocol_is_an_alert),
		cmocka_unit_test(names_and_addresses_are_compared),
		cmocka_unit_test(what_cannot_be_verified_is_said),
		cmocka_unit_test(the_certificate_itself_may_be_the_trusted_one),
		cmocka_unit_test(every_handshake_is_a_full_one),
		cmocka_unit_test(files_that_are_wrong_are_the_users),
		cmocka_unit_test(peers_that_are_none_are_named),
		cmocka_unit_test(a_reset_in_the_handshake_keeps_its_errno),
		cmocka_unit_test(a_reload_is_for_new_connections),
		cmocka_unit_test(threads_may_shake_hands_while_one_reloads),
	};
	return cmocka_run_group_tests(tests, pair_prepare, pair_clean);
}
