/* pair.h - for tests: the two ends of a socket pair under TLS, in one thread, and the files that they go by.
 *
 * The client trusts `pair_authority`, and the server is shop.example, until a test says otherwise. What goes wrong
 * fails the test.
 */
#ifndef TESTS_NET_PAIR_H
#define TESTS_NET_PAIR_H

#include "certificate.h"
#include "net/stream.h"
#include "net/tls.h"

#define PAIR_PATH_SIZE 64

struct pair {
	struct stream client, server;
};

extern struct pair_files {
	char authority[PAIR_PATH_SIZE], certificate[PAIR_PATH_SIZE], key[PAIR_PATH_SIZE], other[PAIR_PATH_SIZE];
} pair_files;
extern struct certificate pair_authority;

/* Around all tests of a program. */
int pair_prepare(void **state);
int pair_clean(void **state);

/* What is in the server's files from now on. */
void pair_serve_as(const struct certificate_spec *spec);
void pair_serve_as_shop(void);
void pair_write_file(const char *path, const char *text);

struct tls_context *pair_server(const char *const *alpn);
struct tls_context *pair_client(const char *const *alpn, bool insecure);

void pair_sockets(int *ret_a, int *ret_b);
void pair_begin(struct pair *p, struct tls_context *client, struct tls_context *server, const char *host);
/* What the handshake came to: the client's word, or the server's when the client is content. */
int pair_shake(struct pair *p, struct err *err);
void pair_open(struct pair *p); /* one that has shaken hands */
void pair_close(struct pair *p);

ssize_t pair_send(struct stream *s, const char *text);
void pair_receives(struct stream *s, const char *text); /* this and no more */

#endif
