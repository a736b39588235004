// SPDX-License-Identifier: Apache-2.0
#include "request_rules.h"

#include <ctype.h>
#include <string.h>

/* Every so many bytes of a head or a content it is asked whether something has grown too long. */
#define REQUEST_STEP 4096

enum request_field { FIELD_OTHER = 0, FIELD_HOST, FIELD_EXPECT, FIELD_CODING, FIELD_WANTED };

static const struct http_limits standard_limits = HTTP_LIMITS_DEFAULT;

static struct request *request_of(llhttp_t *parser)
{
	return (struct request *)parser;
}

static int request_fail(struct request *r, int status)
{
	r->status = status;
	return HPE_USER;
}

/* Keeps one byte more than there may be, so that it shows. */
static int on_url(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	size_t room = sizeof r->target - r->target_length;
	length = length < room ? length : room;
	memcpy(r->target + r->target_length, at, length);
	r->target_length += (uint16_t)length;
	return 0;
}

static int on_part_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	int status = request_excess(r);
	return status ? request_fail(r, status) : 0;
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

/* Trailers are not looked at, and bounded like the head. */
static int on_field(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	if (r->in_content)
		r->trailer_length += (uint32_t)length;
	else
		keep_lower(r->name, &r->name_length, sizeof r->name, at, length);
	return 0;
}

static enum request_field field_find(const struct request *r)
{
	if (is_word(r->name, r->name_length, "host"))
		return FIELD_HOST;
	if (is_word(r->name, r->name_length, "expect"))
		return FIELD_EXPECT;
	if (is_word(r->name, r->name_length, "transfer-encoding"))
		return FIELD_CODING;
	if (r->wanted && !r->wanted_value[0] && is_word(r->name, r->name_length, r->wanted))
		return FIELD_WANTED;
	return FIELD_OTHER;
}

static int on_field_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	if (++r->fields > r->limits->fields_max)
		return request_fail(r, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
	r->field = r->in_content ? FIELD_OTHER : (uint8_t)field_find(r);
	if (r->field == FIELD_HOST && r->hosts < UINT8_MAX)
		r->hosts++;
	r->name_length = r->value_length = 0;
	return on_part_complete(parser);
}

static void keep_wanted(struct request *r, const char *at, size_t length)
{
	for (size_t i = 0; i < length && r->value_length + 1 < REQUEST_WANTED_SIZE; i++)
		r->wanted_value[r->value_length++] = at[i];
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
	struct request *r = request_of(parser);
	if (r->field == FIELD_HOST)
		return request_takes_host(r, at, length) ? 0 : request_fail(r, HTTP_STATUS_BAD_REQUEST);
	if (r->in_content)
		r->trailer_length += (uint32_t)length;
	else if (r->field == FIELD_WANTED)
		keep_wanted(r, at, length);
	else if (r->field != FIELD_OTHER)
		keep_lower(r->value, &r->value_length, sizeof r->value, at, length);
	return 0;
}

static int on_value_complete(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	const char *value = r->field == FIELD_WANTED ? r->wanted_value : r->value;
	while (r->value_length && (value[r->value_length - 1] == ' ' || value[r->value_length - 1] == '\t'))
		r->value_length--;
	if (r->field == FIELD_WANTED)
		r->wanted_value[r->value_length] = '\0';
	if (r->field == FIELD_CODING && !is_word(r->value, r->value_length, "chunked"))
		r->is_coded = true;
	if (r->field != FIELD_EXPECT)
		return on_part_complete(parser);
	if (!is_word(r->value, r->value_length, "100-continue"))
		return request_fail(r, HTTP_STATUS_EXPECTATION_FAILED);
	r->expects_continue = true;
	return 0;
}

static int on_extension(llhttp_t *parser, const char *at, size_t length)
{
	request_of(parser)->extension_length += (uint32_t)length;
	return 0;
}

/* Says how long the chunk is before it comes. */
static int on_chunk_header(llhttp_t *parser)
{
	struct request *r = request_of(parser);
	if (parser->content_length > r->limits->content_max - r->chunks_length)
		return request_fail(r, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	r->chunks_length += parser->content_length;
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
	.on_url_complete = on_part_complete,
	.on_header_field = on_field,
	.on_header_field_complete = on_field_complete,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_head_complete,
	.on_chunk_header = on_chunk_header,
	.on_chunk_extension_name = on_extension,
	.on_chunk_extension_name_complete = on_part_complete,
	.on_chunk_extension_value = on_extension,
	.on_chunk_extension_value_complete = on_part_complete,
	.on_message_complete = on_message_complete,
};

static void request_reset(struct request *r)
{
	r->is_head = r->is_old = r->expects_continue = r->keeps_alive = false;
	r->in_content = r->is_over = r->host_ends = r->is_coded = false;
	r->target_length = 0;
	r->wanted_value[0] = '\0';
	r->field = r->hosts = r->name_length = r->value_length = r->blanks = 0;
	r->fields = r->trailer_length = r->extension_length = 0;
	r->taken = r->chunks_length = 0;
}

void request_init(struct request *r)
{
	llhttp_init(&r->parser, HTTP_REQUEST, &settings);
	r->limits = &standard_limits;
	r->wanted = NULL;
	request_reset(r);
	r->status = 0;
	r->is_last = false;
}

/* A few empty lines before a request line are nobody's (RFC 9112 §2.2), and do not make an idle connection a busy one.
 */
static size_t request_skip(struct request *r, const char *data, size_t length)
{
	size_t n = 0;
	while (n < length && r->blanks <= HTTP_BLANKS_MAX && (data[n] == '\r' || data[n] == '\n')) {
		r->blanks++;
		n++;
	}
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

/* The parser sees no byte beyond a limit or the next mark, so that where the peer's packets end changes nothing. */
static enum request_event request_step(struct request *r, const char *data, size_t length, size_t *ret_used)
{
	uint64_t room = (r->in_content ? r->limits->content_max : r->limits->head_max) - r->taken;
	size_t mark = REQUEST_STEP - r->taken % REQUEST_STEP, n = length < room ? length : (size_t)room;
	n = n < mark ? n : mark;
	llhttp_errno_t result = llhttp_execute(&r->parser, data, n);
	*ret_used = result == HPE_PAUSED ? (size_t)(llhttp_get_error_pos(&r->parser) - data) : n;
	r->taken += *ret_used;
	if (result == HPE_PAUSED)
		return request_pause(r);
	if (result != HPE_OK)
		return request_bad(r, request_error(&r->parser, result));
	if (n == mark && request_excess(r))
		return request_bad(r, request_excess(r));
	if (n == room)
		return request_bad(r, r->in_content ? HTTP_STATUS_PAYLOAD_TOO_LARGE
						    : HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
	return REQUEST_MORE;
}

enum request_event request_feed(struct request *r, const char *data, size_t length, size_t *ret_used)
{
	*ret_used = length;
	if (r->is_last)
		return r->status ? REQUEST_BAD : REQUEST_MORE;
	if (r->is_over)
		request_reset(r);
	size_t at = request_has_begun(r) ? 0 : request_skip(r, data, length), used;
	if (r->blanks > HTTP_BLANKS_MAX)
		return request_bad(r, HTTP_STATUS_BAD_REQUEST);
	if (at == length && !request_has_begun(r))
		return REQUEST_MORE;
	enum request_event event;
	do {
		event = request_step(r, data + at, length - at, &used);
		at += used;
	} while (event == REQUEST_MORE && at < length);
	if (event != REQUEST_BAD)
		*ret_used = at;
	return event;
}

bool request_has_begun(const struct request *r)
{
	return !r->is_over && (r->taken > 0 || r->in_content);
}

const char *request_method(const struct request *r)
{
	return llhttp_method_name((llhttp_method_t)r->parser.method);
}
