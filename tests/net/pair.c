// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/zerodrop-tls-XXXXXX";
struct pair_files pair_files;
struct certificate pair_authority;

/* The server's files, as the specification says. */
void pair_serve_as(const struct certificate_spec *spec)
{
	struct certificate c = certificate_make(spec);
	certificate_write(&c, pair_files.certificate);
	certificate_write_key(&c, pair_files.key);
	certificate_finish(&c);
}

void pair_serve_as_shop(void)
{
	pair_serve_as(&(struct certificate_spec){
		.name = "DNS:shop.example,DNS:*.shops.example,DNS:part*.stores.example,IP:127.0.0.1,IP:::1",
		.issuer = &pair_authority});
}

struct tls_context *pair_server(const char *const *alpn)
{
	struct err err = {0};
	struct tls_context *t = tls_server_create(
		&(struct tls_server_config){.certificate = pair_files.certificate, .key = pair_files.key, .alpn = alpn},
		&err);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

struct tls_context *pair_client(const char *const *alpn, bool insecure)
{
	struct err err = {0};
	struct tls_context *t = tls_client_create(
		&(struct tls_client_config){.cacert = pair_files.authority, .insecure = insecure, .alpn = alpn}, &err);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

void pair_sockets(int *ret_a, int *ret_b)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	*ret_a = fds[0];
	*ret_b = fds[1];
}

void pair_begin(struct pair *p, struct tls_context *client, struct tls_context *server, const char *host)
{
	int a, b;
	pair_sockets(&a, &b);
	stream_init(&p->client, a);
	stream_init(&p->server, b);
	assert_int_equal(tls_begin(&p->client, client, host), 0);
	assert_int_equal(tls_begin(&p->server, server, NULL), 0);
}

/* What the handshake came to on the client's side. */
int pair_shake(struct pair *p, struct err *err)
{
	int ours = -EAGAIN, theirs = -EAGAIN;
	while (ours == -EAGAIN) {
		ours = tls_handshake(&p->client, err);
		if (theirs == -EAGAIN)
			theirs = tls_handshake(&p->server, NULL);
	}
	while (ours == 0 && theirs == -EAGAIN)
		theirs = tls_handshake(&p->server, NULL);
	return ours ? ours : theirs;
}

void pair_close(struct pair *p)
{
	stream_close(&p->client);
	stream_close(&p->server);
}

/* A pair that has shaken hands; the contexts may go. */
void pair_open(struct pair *p)
{
	struct tls_context *client = pair_client(NULL, false), *server = pair_server(NULL);
	struct err err = {0};
	pair_begin(p, client, server, "shop.example");
	if (pair_shake(p, &err) < 0)
		fail_msg("%s", err.text);
	tls_context_destroy(client);
	tls_context_destroy(server);
}

ssize_t pair_send(struct stream *s, const char *text)
{
	struct iovec part = {(char *)text, strlen(text)};
	return stream_send(s, &part, 1);
}

void pair_receives(struct stream *s, const char *text)
{
	char buffer[256] = "";
	assert_int_equal(stream_receive(s, buffer, sizeof buffer - 1), strlen(text));
	assert_string_equal(buffer, text);
}

void pair_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void place(char ret_path[PAIR_PATH_SIZE], const char *name)
{
	snprintf(ret_path, PAIR_PATH_SIZE, "%s/%s", folder, name);
}

int pair_prepare(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	place(pair_files.authority, "authority");
	place(pair_files.certificate, "certificate");
	place(pair_files.key, "key");
	place(pair_files.other, "other");
	pair_authority = certificate_make(&(struct certificate_spec){.common_name = "authority"});
	certificate_write(&pair_authority, pair_files.authority);
	pair_serve_as_shop();
	return 0;
}

int pair_clean(void **state)
{
	certificate_finish(&pair_authority);
	(void)unlink(pair_files.authority);
	(void)unlink(pair_files.certificate);
	(void)unlink(pair_files.key);
	(void)unlink(pair_files.other);
	return rmdir(folder);
}
