// SPDX-License-Identifier: Apache-2.0
#include "response.h"

#include <string.h>
#include <strings.h>

static bool response_is_interim(int status)
{
	/* 101 is final: what follows is another protocol. */
	return status >= 100 && status < 200 && status != 101;
}

/* 0, or HPE_USER when the head is too long: counted by what it says, so that cuts make no difference. */
static int response_grow_head(struct response *r, size_t length)
{
	r->head_length += length;
	return r->head_length > RESPONSE_HEAD_MAX ? HPE_USER : 0;
}

static int on_status(llhttp_t *parser, const char *at, size_t length)
{
	return response_grow_head(parser->data, length);
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
	struct response *r = parser->data;
	size_t room = sizeof r->name - r->name_length;
	memcpy(r->name + r->name_length, at, length < room ? length : room);
	r->name_length += length < room ? length : room;
	return response_grow_head(r, length);
}

static int on_header_field_complete(llhttp_t *parser)
{
	struct response *r = parser->data;
	size_t length = r->name_length;
	r->name_length = 0;
	r->current = NULL;
	if (length == sizeof r->name || r->state != RESPONSE_HEAD) /* perhaps longer; or a trailer */
		return 0;
	for (struct response_wanted *w = r->wanted; w < r->wanted + RESPONSE_WANTED_MAX; w++) {
		if (!w->name || strlen(w->name) != length || strncasecmp(w->name, r->name, length))
			continue;
		w->value[0] = '\0';
		r->current = w;
		r->current_length = 0;
	}
	return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
	struct response *r = parser->data;
	for (size_t i = 0; r->current && i < length && r->current_length + 1 < r->current->size; i++)
		r->current->value[r->current_length++] = at[i] >= ' ' && at[i] < 0x7f ? at[i] : '?';
	return response_grow_head(r, length);
}

static int on_header_value_complete(llhttp_t *parser)
{
	struct response *r = parser->data;
	if (!r->current)
		return 0;
	while (r->current_length && r->current->value[r->current_length - 1] == ' ')
		r->current_length--;
	r->current->value[r->current_length] = '\0';
	r->current = NULL;
	return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
	struct response *r = parser->data;
	int status = llhttp_get_status_code(parser);
	if (response_is_interim(status))
		return 1;
	r->status = status;
	r->state = RESPONSE_BODY;
	r->body_begun = true;
	return r->answers_head ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
	struct response *r = parser->data;
	if (r->body)
		r->body(at, length, r->body_data);
	return 0;
}

static int on_message_complete(llhttp_t *parser)
{
	struct response *r = parser->data;
	if (r->state == RESPONSE_BODY) {
		r->state = RESPONSE_DONE;
		r->keep_alive = llhttp_should_keep_alive(parser) && r->status != 101;
	}
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_status = on_status,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

/* A parser for the next message on the connection; an interim one leaves nothing behind. */
static void response_restart(struct response *r)
{
	llhttp_init(&r->parser, HTTP_RESPONSE, &settings);
	r->parser.data = r;
	r->name_length = 0;
	r->current = NULL;
	for (int i = 0; i < RESPONSE_WANTED_MAX; i++)
		if (r->wanted[i].name)
			r->wanted[i].value[0] = '\0';
}

void response_init(struct response *r, const struct response_wanted wanted[RESPONSE_WANTED_MAX])
{
	*r = (struct response){0};
	memcpy(r->wanted, wanted, sizeof r->wanted);
	response_begin(r, false);
}

void response_begin(struct response *r, bool answers_head)
{
	r->state = RESPONSE_HEAD;
	r->body_begun = r->keep_alive = false;
	r->status = 0;
	r->head_length = 0;
	r->answers_head = answers_head;
	response_restart(r);
}

size_t response_feed(struct response *r, const char *data, size_t length)
{
	size_t used = 0;
	while (used < length && (r->state == RESPONSE_HEAD || r->state == RESPONSE_BODY)) {
		llhttp_errno_t rc = llhttp_execute(&r->parser, data + used, length - used);
		if (rc == HPE_OK)
			return length;
		if (rc != HPE_PAUSED) {
			r->state = RESPONSE_MALFORMED;
			break;
		}
		used = (size_t)(llhttp_get_error_pos(&r->parser) - data);
		if (r->state == RESPONSE_HEAD)
			response_restart(r);
	}
	return used;
}

void response_end(struct response *r)
{
	if (r->state == RESPONSE_BODY)
		(void)llhttp_finish(&r->parser); /* completes the message when its end is the connection's */
}
