/* h2_client.h - our side of one HTTP/2 connection: bytes in, bytes out, what became of each request; no sockets, no
 * clock. With prior knowledge or after ALPN, which look the same from here.
 *
 * A request lives from h2_client_submit to `ended`, or to h2_client_cancel; its h2_stream is the caller's, borrowed
 * meanwhile, and keeps what was learnt. Events come from inside submit, cancel, feed and output; of all calls only
 *submit and cancel may be called from inside an event. What the events say does not depend on how the bytes were cut:
 *frames are taken one by one, and what we answer to one is settled before the next is looked at.
 *
 *	submitted ─▶ DONE        a whole answer, whether or not the server wanted the whole request
 *	         ├─▶ REFUSED     the server says that it was not processed: RST_STREAM, or a GOAWAY that leaves it out
 *	         ├─▶ RESET       RST_STREAM with any other code
 *	         └─▶ MALFORMED   this answer breaks the rules; the connection goes on
 *
 * When the connection itself breaks the rules it is broken, and nothing more comes: the requests that are still there
 * are the caller's to name.
 */
#ifndef HTTP_H2_CLIENT_H
#define HTTP_H2_CLIENT_H

#include "h2_client_request.h"
#include "response.h"

#include <stdint.h>
#include <sys/uio.h>

#define H2_BLOCK_MAX                                                                                                   \
	(2 * RESPONSE_HEAD_MAX) /* a head as it comes, in HEADERS and CONTINUATION; more breaks the connection */
#define H2_PIECES_MAX 64        /* that h2_client_output gives at once */

enum h2_end { H2_DONE = 0, H2_REFUSED, H2_RESET, H2_MALFORMED };

struct h2_stream {
	int status;        /* of the final response; 0 before its head is complete */
	uint32_t code;     /* REFUSED, RESET: the server's error code */
	bool head_begun;   /* some of a response has come, be it an interim one */
	bool body_begun;   /* the head of the final response was complete */
	bool is_sent;      /* the whole request was taken out */
	uint64_t sent;     /* bytes of its frames that were taken out */
	uint64_t received; /* bytes of the frames of its response */

	/* private */
	int32_t id;
	const struct h2_client_request *request;
	struct response_wanted wanted[RESPONSE_WANTED_MAX];
	size_t framed;            /* of the body */
	bool is_begun, is_framed; /* the first frame, all of them have left the session */
	int block_status;         /* of the head that is being read; 0 before it has one */
	size_t head_length;       /* names and values, as RESPONSE_HEAD_MAX has it */
};

struct h2_client_events {
	void (*body)(struct h2_stream *s, const char *bytes, size_t length, void *data); /* NULL: not wanted */
	void (*ended)(struct h2_stream *s, enum h2_end end, void *data);
};

struct h2_client;
/* Borrows `events`. The preface is ready to be sent at once. */
struct h2_client *h2_client_create(const struct h2_client_events *events, void *data);
void h2_client_destroy(struct h2_client *c); /* without a word about what is in flight; NULL is fine */

/* How many requests may start now: the server's limit, and 1 until it has told it. */
uint32_t h2_client_room(const struct h2_client *c);
uint32_t h2_client_in_flight(const struct h2_client *c);
/* The server's limit, UINT32_MAX until it has told one. */
uint32_t h2_client_limit(const struct h2_client *c);
/* No request will ever start on it again: one side said GOAWAY, the numbers are used up, or it is broken. */
bool h2_client_is_closing(const struct h2_client *c);
/* There has to be room. Borrows the request until `ended`, and its body until the client is destroyed. */
void h2_client_submit(struct h2_client *c, struct h2_stream *s, const struct h2_client_request *request,
		      const struct response_wanted wanted[RESPONSE_WANTED_MAX]);
/* Tells the server that nobody waits for it any more; no event follows. */
void h2_client_cancel(struct h2_client *c, struct h2_stream *s);

/* GOAWAY from our side: no more requests will start; those that are there go on. */
void h2_client_leave(struct h2_client *c);

/* 0, or -EPROTO: it is broken. */
int h2_client_feed(struct h2_client *c, const char *data, size_t length) __attribute__((warn_unused_result));
/* What is to be sent, a last word to the peer of a broken one included: how many pieces. They stay good until the next
 * call. */
int h2_client_output(struct h2_client *c, struct iovec *pieces, int max) __attribute__((warn_unused_result));
/* So many bytes of them were. */
void h2_client_taken(struct h2_client *c, size_t length);
/* Seen late when there was no place for what had to be answered first: ask after output, too. */
bool h2_client_is_broken(const struct h2_client *c);

#endif
