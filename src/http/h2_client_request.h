/* h2_client_request.h - a request as HTTP/2 has it: pseudo-headers and fields in lower case, made once and sent many
 * times.
 *
 * Headers are given as for HTTP/1, "Name: value". What HTTP/2 has no place for (Connection, Keep-Alive,
 * Proxy-Connection, Transfer-Encoding, Upgrade, HTTP2-Settings, TE other than "trailers") is left out; Host becomes
 * :authority.
 */
#ifndef HTTP_H2_CLIENT_REQUEST_H
#define HTTP_H2_CLIENT_REQUEST_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

struct h2_client_request_parts {
	const char *method, *scheme, *authority, *path;
	const char *const *headers; /* NULL-ended lines, or NULL; already checked to be such lines */
	const char *body;           /* NULL: none; borrowed as long as the request lives */
	size_t body_length;
	bool says_length; /* Content-Length, of an empty body too */
};

struct h2_client_request {
	nghttp2_nv *fields; /* names and values point into one text of its own */
	size_t count;
	char *text;
	const char *body;
	size_t body_length;
};

void h2_client_request_init(struct h2_client_request *r, const struct h2_client_request_parts *parts);
void h2_client_request_finish(struct h2_client_request *r); /* a zeroed one is fine */

#endif
