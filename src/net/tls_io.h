/* tls_io.h - between OpenSSL and the socket: records in and out of a stream that has TLS. For stream.c and tls.c.
 *
 * OpenSSL reads and writes through a BIO of ours: it never raises SIGPIPE, never blocks, and keeps the socket's errno,
 * which OpenSSL's own leaves to chance. An end without close_notify is no failure here, as it is none on a bare socket.
 */
#ifndef NET_TLS_IO_H
#define NET_TLS_IO_H

#include "stream.h"

/* The stream's descriptor becomes what `tls` reads and writes; the stream owns `tls`. -ENOMEM: neither happened. */
int tls_io_attach(struct stream *s, struct ssl_st *tls) __attribute__((warn_unused_result));
void tls_io_free(struct stream *s); /* fine when there is none */

/* Around every call into OpenSSL for a stream: before it, and for what it returned when that was no success.
 * -EAGAIN (s->wants is set), 0 for the peer's end, -EPROTO (s->reason is set), or the socket's errno. */
void tls_io_prepare(void);
int tls_io_failure(struct stream *s, int returned);

/* As their namesakes in stream.h. */
ssize_t tls_io_receive(struct stream *s, char *buffer, size_t length);
ssize_t tls_io_send(struct stream *s, const struct iovec *parts, int count);
bool tls_io_has_pending(const struct stream *s);
/* Says close_notify, once. 0, also when it cannot be said any more, or -EAGAIN. */
int tls_io_end(struct stream *s) __attribute__((warn_unused_result));

#endif
