// SPDX-License-Identifier: Apache-2.0
#include "h2_session.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* RFC 9113 §6.5.2: what a field counts beside its text. */
#define FIELD_OVERHEAD 32

enum { START_METHOD = 0, START_PATH, START_AUTHORITY, START_WANTED };

struct h2_request *h2_request_create(struct h2_server *s, int32_t id)
{
	struct h2_request *r = memory_new(1, sizeof *r);
	r->method = r->path = r->authority = "";
	r->server = s;
	r->id = id;
	r->head = (struct text)TEXT_INIT(s->config->limits.head_max);
	list_append(&s->requests, &r->link);
	return r;
}

void h2_request_free(struct h2_request *r)
{
	list_unlink(&r->link);
	h2_body_free(r->body);
	text_finish(&r->head);
	free(r);
}

static void refuse(struct h2_request *r, int status)
{
	if (!r->status)
		r->status = status;
}

static bool is_name(const char *name, size_t length, const char *wanted)
{
	return strlen(wanted) == length && !memcmp(name, wanted, length);
}

/* The first of a name is kept; its end is marked, so that it reads as a string. */
static void keep(struct h2_request *r, int start, const char *value, size_t length)
{
	if (r->starts[start])
		return;
	r->starts[start] = r->head.length + 1;
	text_append(&r->head, value, length);
	text_append(&r->head, "", 1);
}

static void keep_wanted(struct h2_request *r, const char *name, size_t name_length, const char *value, size_t length)
{
	const char *const *wanted = r->server->config->wanted;
	for (int i = 0; wanted && i < H2_WANTED_MAX && wanted[i]; i++)
		if (is_name(name, name_length, wanted[i]))
			keep(r, START_WANTED + i, value, length);
}

/* nghttp2 has seen to it that these are digits and that the content is as long as they say. */
static void check_length(struct h2_request *r, const char *value, size_t length)
{
	uint64_t n = 0, max = r->server->config->limits.content_max;
	for (size_t i = 0; i < length && n <= max; i++)
		n = n * 10 + (uint64_t)(value[i] - '0');
	if (n > max)
		refuse(r, 413);
}

/* RFC 9113 §8.3.1: where there are both, Host has to say the same. */
static void take_authority(struct h2_request *r, const char *value, size_t length)
{
	size_t start = r->starts[START_AUTHORITY];
	if (start && !is_name(value, length, r->head.data + start - 1))
		refuse(r, 400);
	keep(r, START_AUTHORITY, value, length);
}

static void take_expect(struct h2_request *r, const char *value, size_t length)
{
	static const char wanted[] = "100-continue";
	if (length == sizeof wanted - 1 && !strncasecmp(value, wanted, length))
		r->expects_continue = true;
	else
		refuse(r, 417);
}

static void take_field(struct h2_request *r, const char *name, size_t name_length, const char *value, size_t length)
{
	if (is_name(name, name_length, ":method"))
		keep(r, START_METHOD, value, length);
	else if (is_name(name, name_length, ":path") && length > HTTP_TARGET_MAX)
		refuse(r, 414);
	else if (is_name(name, name_length, ":path"))
		keep(r, START_PATH, value, length);
	else if (is_name(name, name_length, ":authority") || is_name(name, name_length, "host"))
		take_authority(r, value, length);
	else if (is_name(name, name_length, "content-length"))
		check_length(r, value, length);
	else if (is_name(name, name_length, "expect"))
		take_expect(r, value, length);
	keep_wanted(r, name, name_length, value, length);
}

/* Trailers count like fields of the head and are not looked at. */
bool h2_request_add_field(struct h2_request *r, const char *name, size_t name_length, const char *value,
			  size_t value_length)
{
	const struct http_limits *limits = &r->server->config->limits;
	size_t cost = name_length + value_length + FIELD_OVERHEAD;
	uint64_t hard = (uint64_t)H2_FIELDS_HARD * limits->head_max;
	if (r->head_length + cost > hard || r->field_count >= H2_FIELDS_HARD * limits->fields_max)
		return false;
	r->head_length += (uint32_t)cost;
	r->field_count++;
	if (r->head_length > limits->head_max || r->field_count > limits->fields_max)
		refuse(r, 431);
	else if (!r->is_heard && !r->status)
		take_field(r, name, name_length, value, value_length);
	return true;
}

static const char *kept(const struct h2_request *r, int start, const char *otherwise)
{
	return r->starts[start] ? r->head.data + r->starts[start] - 1 : otherwise;
}

void h2_request_finish_head(struct h2_request *r)
{
	r->is_heard = true;
	r->method = kept(r, START_METHOD, "");
	r->path = kept(r, START_PATH, "");
	r->authority = kept(r, START_AUTHORITY, "");
	for (int i = 0; i < H2_WANTED_MAX; i++)
		r->values[i] = kept(r, START_WANTED + i, NULL);
	r->is_head = !strcmp(r->method, "HEAD");
	if (!strcmp(r->method, "CONNECT"))
		refuse(r, 501);
}

void h2_request_tell(struct h2_request *r)
{
	if (r->is_told)
		return;
	r->is_told = true;
	r->server->config->on_request(r, r->server->data);
}

void h2_request_close(struct h2_request *r, uint32_t code)
{
	struct h2_server *s = r->server;
	if (code == NGHTTP2_NO_ERROR && !r->is_sent)
		code = NGHTTP2_CANCEL; /* the peer's word for giving it up */
	if (code == NGHTTP2_NO_ERROR) {
		s->answered++;
		h2_meter_pay(&s->meter, H2_PAYS_ANSWERED);
	} else {
		s->cancelled++;
	}
	if (r->is_told || r->content_length)
		s->config->on_close(r, code, s->data);
	h2_request_free(r);
}
