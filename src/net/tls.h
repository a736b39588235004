/* tls.h - TLS (OpenSSL) for a stream: what our side is willing to do, and the handshake.
 *
 * A context is made once and shared by any number of streams and threads. TLS 1.2 and later. A client's handshake is a
 * full one each time: no session is resumed, so that a fresh connection costs what it costs a newcomer.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "stream.h"

struct tls_context;

struct tls_client_config {
	const char *cacert;      /* PEM file of the authorities to trust; NULL: the system's */
	bool insecure;           /* the peer's certificate is not looked at */
	const char *const *alpn; /* NULL-ended, in order of preference: "h2", "http/1.1"; NULL: not offered */
};

struct tls_server_config {
	const char *certificate, *key; /* PEM files; the chain's own certificate first */
	const char *const *alpn;       /* NULL-ended, in order of our preference; NULL: ALPN is not answered */
};

/* What cannot be read is the user's (ERR_INPUT). Nothing of the configuration is kept. */
struct tls_context *tls_client_create(const struct tls_client_config *config, struct err *err);
struct tls_context *tls_server_create(const struct tls_server_config *config, struct err *err);
/* Reads certificate and key again, for handshakes from now on; on failure the old ones stay. Any thread. */
int tls_server_reload(struct tls_context *t, struct err *err) __attribute__((warn_unused_result));
void tls_context_destroy(struct tls_context *t); /* NULL is fine; streams must have been closed */

/* The stream is a TLS one from now on; then tls_handshake until it says other than -EAGAIN. `host` (client): name or
 * address that the certificate must be for, and SNI; borrowed for the call. A server gives NULL. */
int tls_begin(struct stream *s, struct tls_context *t, const char *host) __attribute__((warn_unused_result));
/* 0 done, -EAGAIN (s->wants says for what), else it failed: -EKEYREJECTED when the server's certificate is not
 * accepted, -EPROTO for TLS's other reasons, else the socket's errno, with -ECONNABORTED for an end in the middle.
 * `err` (NULL is fine) says why, in TLS's words. Afterwards there may be bytes pending. */
int tls_handshake(struct stream *s, struct err *err) __attribute__((warn_unused_result));
/* Why a call for this stream failed with `rc`, in TLS's words: "alert from the peer: bad record mac". */
void tls_explain(const struct stream *s, int rc, struct err *err);
/* What ALPN agreed on: "h2", "http/1.1", or "" for nothing. */
const char *tls_protocol(const struct stream *s);

#endif
