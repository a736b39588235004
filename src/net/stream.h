/* stream.h - a connected socket, bare or under TLS: the same calls for both, in errno's words.
 *
 * Non-blocking throughout; nothing here waits. -EAGAIN means: ask again when `wants` holds (under TLS a send may have
 * to wait for something to read, and the other way round). The stream owns its descriptor, and its TLS state once it
 * has one.
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
};

/* Takes the descriptor. */
void stream_init(struct stream *s, int fd);
void stream_close(struct stream *s); /* twice is fine */

/* Bytes, 0 at the peer's end, -EAGAIN, or why it failed: -ECONNRESET…; -EPROTO is TLS's own failure. */
ssize_t stream_receive(struct stream *s, void *buffer, size_t length);
/* Bytes that were taken, at least one; else as above. Never raises SIGPIPE. */
ssize_t stream_send(struct stream *s, const struct iovec *parts, int count);
/* Our end: TLS's word for it where there is one, then FIN. What the peer still sends can be read. */
void stream_shutdown(struct stream *s);
/* Bytes that were received and not handed out yet: no event will tell of them. */
bool stream_has_pending(const struct stream *s);

#endif
