// SPDX-License-Identifier: Apache-2.0
#include "request_rules.h"

#include <ctype.h>
#include <string.h>

int request_excess(const struct request *r)
{
	if (r->target_length > HTTP_TARGET_MAX)
		return HTTP_STATUS_URI_TOO_LONG;
	if (r->trailer_length > r->limits->head_max)
		return HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
	if (r->extension_length > HTTP_EXTENSIONS_MAX)
		return HTTP_STATUS_PAYLOAD_TOO_LARGE;
	return 0;
}

/* RFC 3986's characters of a host and port; blanks may follow it, but nothing behind them. */
bool request_takes_host(struct request *r, const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool is_blank = at[i] == ' ' || at[i] == '\t';
		bool is_good = isalnum((unsigned char)at[i]) || (at[i] && strchr("-._~!$&'()*+,;=%:[]", at[i]));
		if (!is_blank && (r->host_ends || !is_good))
			return false;
		r->host_ends = is_blank;
	}
	return true;
}

static bool target_is_good(const struct request *r)
{
	return !memchr(r->target, '#', r->target_length) && (r->target[0] != '*' || r->target_length == 1);
}

/* RFC 9112 §6.1, §6.3: of transfer codings only "chunked", once, at the end, and not in HTTP/1.0. The parser lets other
 * codings pass in front of it, and an empty list. */
static int check_coding(const struct request *r)
{
	const llhttp_t *p = &r->parser;
	if (!(p->flags & F_TRANSFER_ENCODING) && !r->is_coded)
		return 0;
	if (p->http_minor == 0 || !(p->flags & F_CHUNKED))
		return HTTP_STATUS_BAD_REQUEST;
	return r->is_coded ? HTTP_STATUS_NOT_IMPLEMENTED : 0;
}

/* RFC 9112 §3.2 (target and Host), and what this server does not do; RTSP's methods are of another protocol. */
int request_check(const struct request *r)
{
	const llhttp_t *p = &r->parser;
	if (p->http_major != 1 || p->http_minor > 1)
		return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
	if (p->method == HTTP_CONNECT || p->method == HTTP_SOURCE ||
	    (p->method >= HTTP_DESCRIBE && p->method <= HTTP_FLUSH))
		return HTTP_STATUS_NOT_IMPLEMENTED;
	if (r->hosts > 1 || (r->hosts == 0 && p->http_minor == 1) || !target_is_good(r))
		return HTTP_STATUS_BAD_REQUEST;
	if (p->content_length > r->limits->content_max)
		return HTTP_STATUS_PAYLOAD_TOO_LARGE;
	return check_coding(r);
}

/* The parser's error for a version that it does not know is the one for a malformed one, too. */
int request_error(const llhttp_t *p, llhttp_errno_t result)
{
	bool is_read = p->http_major > 1 || (p->http_major == 1 && p->http_minor > 1);
	return result == HPE_INVALID_VERSION && is_read ? HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED
							: HTTP_STATUS_BAD_REQUEST;
}
