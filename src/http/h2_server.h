/* h2_server.h - the server's side of one HTTP/2 connection: bytes in, bytes out, events; no sockets, no clock.
 *
 * Feed it what arrived; it calls back when a request is whole; answer then or later; write what it has to say. Every
 * request that was told of is answered whole or comes back in `on_close` with a code, exactly once. It ends as RFC 9113
 * §6.8 has it, losing nothing:
 *
 *	open ──shutdown──▶ noticed ──the PING's ACK──▶ leaving ──last stream──▶ done
 *	        GOAWAY 2^31-1, then PING         GOAWAY last id
 *
 * Floods (limits.h) end it at once with GOAWAY ENHANCE_YOUR_CALM. One thread; callbacks may answer, shut down and
 * dismiss, but not feed, write or destroy.
 */
#ifndef HTTP_H2_SERVER_H
#define HTTP_H2_SERVER_H

#include "base/list.h"
#include "base/text.h"
#include "limits.h"

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_WANTED_MAX 4

struct h2_server;

/* One request, from its first byte until on_close. */
struct h2_request {
	int status; /* 0, or what to answer it with: 400, 413, 414, 417, 431 or 501; it may not be whole then */
	bool is_head;
	const char *method, *path, *authority; /* "" where there is none */
	const char *values[H2_WANTED_MAX];     /* of the fields wanted, the first of a name; NULL where there is none */
	uint64_t content_length;               /* that has come, up to content_max */
	void *data;                            /* the caller's */

	/* h2_server's own. */
	struct list link;
	struct h2_server *server;
	int32_t id;
	bool is_told, is_heard, expects_continue, is_answered, is_sent;
	uint32_t head_length, field_count;
	struct text head;
	size_t starts[3 + H2_WANTED_MAX]; /* in `head`, plus 1 */
	struct h2_body *body;
};

struct h2_config {
	struct http_limits limits;
	const char *const *wanted; /* NULL-ended, lower-case; NULL: none */
	/* The request is whole, or refused (`status`). */
	void (*on_request)(struct h2_request *r, void *data);
	/* Content as it comes, before on_request; NULL: not wanted. */
	void (*on_content)(struct h2_request *r, const char *bytes, size_t length, void *data);
	/* The request ends here; NGHTTP2_NO_ERROR: with its answer sent. Also for those whose content came only. */
	void (*on_close)(struct h2_request *r, uint32_t code, void *data);
	nghttp2_mem *memory; /* NULL: malloc's */
};

struct h2_field {
	const char *name; /* lower-case */
	const char *value;
};

struct h2_answer {
	int status;
	const struct h2_field *fields; /* content-length is ours where the content is given whole, without trailers */
	size_t field_count;
	const char *content; /* copied, unless `is_lasting`: good until on_close */
	size_t length;
	bool is_lasting;
	/* Instead of `content`: puts up to `size` bytes and returns how many, 0 at the end, -EAGAIN for later
	 * (h2_request_resume), or another negative errno to break it off. */
	ssize_t (*read)(struct h2_request *r, char *out, size_t size, void *data);
	const struct h2_field *trailers;
	size_t trailer_count;
};

/* `config` is borrowed for as long as the server lives. NULL: no memory. */
struct h2_server *h2_server_create(const struct h2_config *config, void *data);
void h2_server_destroy(struct h2_server *s); /* requests that are left are closed with CANCEL; NULL is fine */

/* Takes every byte. After an error or the last GOAWAY's end the rest is thrown away. */
void h2_server_feed(struct h2_server *s, const char *data, size_t length);
/* Puts what is to be sent, at most `size`, and returns how much that is: less than `size` means that this is all. */
size_t h2_server_write(struct h2_server *s, char *out, size_t size);
/* Read on? Not while the peer leaves too much of what we sent lying. */
bool h2_server_wants_input(const struct h2_server *s);
bool h2_server_wants_output(const struct h2_server *s);

/* 0 or a negative errno: -EALREADY, -EINVAL. To a HEAD request goes the head only. */
int h2_request_answer(struct h2_request *r, const struct h2_answer *answer);
void h2_request_resume(struct h2_request *r); /* `read` has more */
/* Gives it up, as an error that the peer sees: NGHTTP2_REFUSED_STREAM says that nothing was done. */
void h2_request_reset(struct h2_request *r, uint32_t code);

/* Begins the end; what comes before the peer knows is still served. Again: nothing. */
void h2_server_shutdown(struct h2_server *s);
/* The end without waiting for the peer: the last GOAWAY now, and requests that are not whole yet are refused, so that
 * the peer may send them elsewhere. Those that are go on. */
void h2_server_dismiss(struct h2_server *s);
/* Nothing is left to be read or written: close. */
bool h2_server_is_done(const struct h2_server *s);
/* No request in progress and nothing to send. */
bool h2_server_is_idle(const struct h2_server *s);
/* Grows with each byte of a request or an answer, not with PINGs: standing still for long is a stall. */
uint64_t h2_server_progress(const struct h2_server *s);
/* 0, or the code of the GOAWAY that an error has ended it with. */
uint32_t h2_server_failure(const struct h2_server *s);

#endif
