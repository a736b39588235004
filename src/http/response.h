/* response.h - reads one HTTP/1 response: bytes in, what it is out. No sockets; strict (llhttp without leniencies).
 *
 * The result does not depend on how the bytes were cut. Interim responses (1xx, but not 101) are skipped. Nothing of
 * the peer's is kept but the values of the headers asked for, so a response costs no memory however long it is; who
 * wants the body is handed its pieces as they come.
 *
 *	response_begin ─▶ HEAD ─▶ BODY ─▶ DONE
 *	                   └───────┴────▶ MALFORMED
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_NAME_MAX 64           /* a longer header name is none that was asked for */
#define RESPONSE_HEAD_MAX (256 * 1024) /* names and values together, interim responses included; more is malformed */
#define RESPONSE_WANTED_MAX 3

enum response_state { RESPONSE_HEAD = 0, RESPONSE_BODY, RESPONSE_DONE, RESPONSE_MALFORMED };

/* A header whose value is wanted: the last one of that name, cut to fit, with '?' for what is not printable ASCII. */
struct response_wanted {
	const char *name; /* NULL: none */
	char *value;      /* "" until it is seen */
	size_t size;
};

struct response {
	enum response_state state;
	bool body_begun; /* the head was complete: tells the two kinds of MALFORMED apart */
	bool keep_alive; /* DONE: the connection may carry another request */
	int status;      /* of the final response; 0 before its head is complete */

	/* Set after response_init by whoever wants the body: without framing or trailers, in pieces of any size, which
	 * last for the call. */
	void (*body)(const char *piece, size_t length, void *data);
	void *body_data;

	/* private */
	llhttp_t parser;
	struct response_wanted wanted[RESPONSE_WANTED_MAX];
	bool answers_head;
	size_t head_length;
	char name[RESPONSE_NAME_MAX];
	size_t name_length;
	struct response_wanted *current;
	size_t current_length;
};

void response_init(struct response *r, const struct response_wanted wanted[RESPONSE_WANTED_MAX]);
/* For the next request; `answers_head`: it is a HEAD request, so there is no body whatever the headers say. */
void response_begin(struct response *r, bool answers_head);
/* How many bytes belong to this response; fewer than `length` only when it is DONE or MALFORMED. */
size_t response_feed(struct response *r, const char *data, size_t length);
/* The connection ended: a body without a length is DONE by that. Otherwise the state stays as it was: cut short. */
void response_end(struct response *r);

#endif
