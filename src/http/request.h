/* request.h - HTTP/1 requests: bytes in, events out; no sockets, no allocation.
 *
 * Feed it what arrived and act on each event until it asks for more. The events do not depend on how the bytes were
 * cut. What REQUEST_HEAD or REQUEST_DONE left in the fields stays good until the next feed, so whoever has to wait
 * before answering simply feeds no more: pipelined requests come in order. After REQUEST_BAD, and after a REQUEST_DONE
 * that closes, nothing more is parsed. Strict: what two parsers could read in two ways (both Content-Length and
 * Transfer-Encoding, a bare LF, two Hosts) is refused, so that nothing can be smuggled. limits.h has the maxima.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "limits.h"

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_WANTED_SIZE 32

enum request_event {
	REQUEST_MORE = 0, /* every byte was taken and more are wanted */
	REQUEST_HEAD,     /* the head is complete; feed on, with no bytes if there are none */
	REQUEST_DONE,     /* and so is the content */
	REQUEST_BAD,      /* answer with `status`, then close */
};

struct request {
	llhttp_t parser; /* first: callbacks find the request by it */

	/* The caller's, to set after request_init; borrowed. */
	const struct http_limits *limits;
	const char *wanted; /* the lower-case name of a field whose value is kept; NULL: none */

	int status; /* REQUEST_BAD: 400, 413, 414, 417, 431, 501 or 505; else 0 */
	bool is_head;
	bool is_old; /* HTTP/1.0 */
	bool expects_continue;
	bool keeps_alive; /* from REQUEST_DONE on */
	uint16_t target_length;
	char target[HTTP_TARGET_MAX + 1];
	char wanted_value[REQUEST_WANTED_SIZE]; /* of the first such field, cut to fit; "" where there is none */

	/* The parser's own. */
	enum request_event event;
	bool in_content, is_over, is_last, host_ends, is_coded;
	uint8_t field, hosts, name_length, value_length, blanks;
	char name[32], value[16];
	uint32_t fields, trailer_length, extension_length;
	uint64_t taken, chunks_length;
};

void request_init(struct request *r); /* with HTTP_LIMITS_DEFAULT */
enum request_event request_feed(struct request *r, const char *data, size_t length, size_t *ret_used)
	__attribute__((warn_unused_result));
/* Some of a request has come, and not yet all of it. */
bool request_has_begun(const struct request *r);
const char *request_method(const struct request *r);

#endif
