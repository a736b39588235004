// SPDX-License-Identifier: Apache-2.0
#include "request.h"

#include <ctype.h>
#include <string.h>

enum request_field { FIELD_OTHER = 0, FIELD_HOST, FIELD_EXPECT };

static struct request *request_of(llhttp_t *parser)
{
	return (struct request *)parser;
}

static int request_fail(struct request *r, int status)
{
	r->status = status;
	return HPE_USER;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	if (length > sizeof r->target - r->target_length)
		return request_fail(r, HTTP_STATUS_URI_TOO_LONG);
	memcpy(r->target + r->target_length, at, length);
	r->target_length += (uint16_t)length;
	return 0;
}

/* Keeps what fits; one byte too many is enough to differ from every word that we look for. */
static void keep_lower(char *word, uint8_t *used, size_t size, const char *at, size_t length)
{
	for (size_t i = 0; i < length && *used < size; i++)
		word[(*used)++] = (char)tolower((unsigned char)at[i]);
}

static bool is_word(const char *word, uint8_t used, const char *wanted)
{
	return used == strlen(wanted) && !memcmp(word, wanted, used);
}

static int on_field(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	keep_lower(r->name, &r->name_length, sizeof r->name, at, length);
	return 0;
}

static int on_field_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	r->field = FIELD_OTHER;
	if (r->in_content) /* trailers say nothing about the request */
		;
	else if (is_word(r->name, r->name_length, "host"))
		r->field = FIELD_HOST;
	else if (is_word(r->name, r->name_length, "expect"))
		r->field = FIELD_EXPECT;
	if (r->field == FIELD_HOST && r->hosts < UINT8_MAX)
		r->hosts++;
	r->name_length = r->value_length = 0;
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	if (r->field == FIELD_EXPECT)
		keep_lower(r->value, &r->value_length, sizeof r->value, at, length);
	return 0;
}

static int on_value_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	if (r->field != FIELD_EXPECT)
		return 0;
	if (!is_word(r->value, r->value_length, "100-continue"))
		return request_fail(r, HTTP_STATUS_EXPECTATION_FAILED);
	r->expects_continue = true;
	return 0;
}

/* RFC 9112 §3.2 (Host), §6.1 (transfer codings in HTTP/1.0), and what this server does not do. */
static int request_check(const struct request *r)
{
	const llhttp_t *p = &r->parser;
	if (p->http_major != 1 || p->http_minor > 1)
		return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
	if (p->method == HTTP_CONNECT)
		return HTTP_STATUS_NOT_IMPLEMENTED;
	if (r->hosts > 1 || (r->hosts == 0 && p->http_minor == 1))
		return HTTP_STATUS_BAD_REQUEST;
	if (p->http_minor == 0 && (p->flags & F_TRANSFER_ENCODING))
		return HTTP_STATUS_BAD_REQUEST;
	if (p->content_length > REQUEST_CONTENT_MAX)
		return HTTP_STATUS_PAYLOAD_TOO_LARGE;
	return 0;
}

static int on_head_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	int status = request_check(r);
	if (status) {
		r->status = status;
		return -1;
	}
	parser->upgrade = 0; /* an upgrade that is not taken is an ordinary request (RFC 9110 §7.8) */
	r->is_head = parser->method == HTTP_HEAD;
	r->is_old = parser->http_minor == 0;
	if (r->is_old)
		r->expects_continue = false; /* RFC 9110 §10.1.1 */
	r->event = REQUEST_HEAD;
	return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	r->keeps_alive = llhttp_should_keep_alive(parser);
	r->event = REQUEST_DONE;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_field,
	.on_header_field_complete = on_field_complete,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_head_complete,
	.on_message_complete = on_message_complete,
};

static void request_reset(struct request *r)
{
	r->is_head = r->is_old = r->expects_continue = r->keeps_alive = false;
	r->in_content = r->is_over = false;
	r->target_length = 0;
	r->field = r->hosts = r->name_length = r->value_length = 0;
	r->taken = 0;
}

void request_init(struct request *r)
{
	llhttp_init(&r->parser, HTTP_REQUEST, &settings);
	request_reset(r);
	r->status = 0;
	r->is_last = false;
}

/* Empty lines before a request line are nobody's (RFC 9112 §2.2), and do not make an idle connection a busy one. */
static size_t request_skip(const struct request *r, const char *data, size_t length)
{
	size_t n = 0;
	if (!request_has_begun(r))
		while (n < length && (data[n] == '\r' || data[n] == '\n'))
			n++;
	return n;
}

static enum request_event request_bad(struct request *r, int status)
{
	if (!r->status)
		r->status = status;
	r->is_last = true;
	return REQUEST_BAD;
}

static enum request_event request_pause(struct request *r)
{
	llhttp_resume(&r->parser);
	if (r->event == REQUEST_HEAD) {
		r->in_content = true;
		r->taken = 0;
	} else {
		r->is_over = true;
		r->is_last = !r->keeps_alive;
	}
	return r->event;
}

enum request_event request_feed(struct request *r, const char *data, size_t length, size_t *ret_used)
{
	*ret_used = length;
	if (r->is_last)
		return r->status ? REQUEST_BAD : REQUEST_MORE;
	if (r->is_over)
		request_reset(r);
	size_t skipped = request_skip(r, data, length);
	if (skipped == length && !request_has_begun(r))
		return REQUEST_MORE;
	/* The parser sees no byte beyond the limit, so that where the peer's packets end changes nothing. */
	uint64_t room = (r->in_content ? REQUEST_CONTENT_MAX : REQUEST_HEAD_MAX) - r->taken;
	const char *from = data + skipped;
	size_t n = length - skipped < room ? length - skipped : (size_t)room;
	llhttp_errno_t result = llhttp_execute(&r->parser, from, n);
	if (result == HPE_PAUSED) {
		size_t used = (size_t)(llhttp_get_error_pos(&r->parser) - from);
		r->taken += used;
		*ret_used = skipped + used;
		return request_pause(r);
	}
	r->taken += n;
	if (result != HPE_OK)
		return request_bad(r, HTTP_STATUS_BAD_REQUEST);
	if (n == room)
		return request_bad(r, r->in_content ? HTTP_STATUS_PAYLOAD_TOO_LARGE
						    : HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
	return REQUEST_MORE;
}

bool request_has_begun(const struct request *r)
{
	return !r->is_over && (r->taken > 0 || r->in_content);
}

const char *request_method(const struct request *r)
{
	return llhttp_method_name((llhttp_method_t)r->parser.method);
}
