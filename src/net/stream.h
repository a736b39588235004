/* stream.h - a connected socket, bare or under TLS: the same calls for both, in errno's words.
 *
 * Non-blocking throughout; nothing here waits. -EAGAIN means: ask again when `wants` holds (under TLS a send may have
 * to wait for something to read, and the other way round). The stream owns its descriptor, and its TLS state once it
 * has one. It may be moved in memory.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define STREAM_READABLE 1 /* the same bits as libuv's */
#define STREAM_WRITABLE 2

struct ssl_st;

struct stream {
	int fd;             /* -1: none */
	int wants;          /* after -EAGAIN: STREAM_READABLE or STREAM_WRITABLE */
	struct ssl_st *tls; /* NULL: bare */
	bool was_cut;       /* the end came without TLS's own word for it: what ended with it is not whole */

	/* TLS's own */
	bool is_drained;      /* the last receive left no bytes that could be handed out */
	bool is_withheld;     /* but an end or a failure, as bytes came first */
	bool is_broken;       /* nothing can be said any more */
	bool is_ended;        /* our word for the end is out */
	int error;            /* what every further receive says */
	unsigned long reason; /* of -EPROTO, in OpenSSL's number */
};

/* Takes the descriptor. */
void stream_init(struct stream *s, int fd);
/* Twice is fine. Says nothing to the peer: that is stream_shutdown's. */
void stream_close(struct stream *s);

/* Bytes, 0 at the peer's end, -EAGAIN, or why it failed: -ECONNRESET…; -EPROTO is TLS's own failure (tls_explain).
 * Under TLS the end without TLS's word is 0 too, with `was_cut`. */
ssize_t stream_receive(struct stream *s, void *buffer, size_t length);
/* Bytes that were taken, at least one unless there were none; else as above. Never raises SIGPIPE. After -EAGAIN the
 * next send has to begin with the same bytes, and to have no fewer: some may be in a record that is half written.
 * After a failure what the peer had sent can still be received. */
ssize_t stream_send(struct stream *s, const struct iovec *parts, int count);
/* Our end: TLS's word for it where there is one, then FIN. What the peer still sends can be read. 0, or -EAGAIN when
 * the word does not fit into the socket now: once more when `wants` holds, or the peer takes it for a cut. */
int stream_shutdown(struct stream *s);
/* Bytes, an end or a failure that TLS has found and not handed out yet: no event will tell of them. */
bool stream_has_pending(const struct stream *s);

#endif
