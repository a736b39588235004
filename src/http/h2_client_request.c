// SPDX-License-Identifier: Apache-2.0
#include "h2_client_request.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool header_is(const char *line, const char *name)
{
	size_t length = strlen(name);
	return !strncasecmp(line, name, length) && line[length] == ':';
}

static const char *header_value(const char *line)
{
	const char *value = strchr(line, ':') + 1;
	return value + strspn(value, " \t");
}

static size_t value_length(const char *value)
{
	size_t length = strlen(value);
	while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	return length;
}

/* RFC 9113 §8.2.2: what speaks of the connection is not said in a stream. */
static bool header_is_dropped(const char *line)
{
	static const char *const names[] = {
		"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (header_is(line, names[i]))
			return true;
	if (header_is(line, "TE"))
		return strcasecmp(header_value(line), "trailers") != 0;
	return header_is(line, "Host");
}

/* Copies both into the text at *at, the name in lower case. */
static void request_add(struct h2_client_request *r, char **at, const char *name, size_t name_length, const char *value,
			size_t length)
{
	nghttp2_nv *f = &r->fields[r->count++];
	*f = (nghttp2_nv){
		.name = (uint8_t *)*at,
		.value = (uint8_t *)*at + name_length,
		.namelen = name_length,
		.valuelen = length,
		.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
	};
	for (size_t i = 0; i < name_length; i++)
		(*at)[i] = (char)tolower((unsigned char)name[i]);
	memcpy(*at + name_length, value, length);
	*at += name_length + length;
}

static void request_add_text(struct h2_client_request *r, char **at, const char *name, const char *value)
{
	request_add(r, at, name, strlen(name), value, value_length(value));
}

#define OWN_FIELDS_MAX 5 /* the four pseudo-headers and content-length */
#define OWN_NAMES_MAX 64 /* their names together */
#define LENGTH_SIZE (sizeof "18446744073709551615")

void h2_client_request_init(struct h2_client_request *r, const struct h2_client_request_parts *parts)
{
	static const char *const none[] = {NULL};
	const char *const *headers = parts->headers ? parts->headers : none;
	const char *authority = parts->authority;
	size_t count = 0;
	size_t size = OWN_NAMES_MAX + LENGTH_SIZE + strlen(parts->method) + strlen(parts->scheme) + strlen(parts->path);
	for (; headers[count]; count++) {
		size += strlen(headers[count]);
		if (header_is(headers[count], "Host"))
			authority = header_value(headers[count]);
	}
	size += strlen(authority);
	*r = (struct h2_client_request){
		.fields = memory_new(OWN_FIELDS_MAX + count, sizeof *r->fields),
		.text = memory_new(size, 1),
		.body = parts->body,
		.body_length = parts->body ? parts->body_length : 0,
	};
	char *at = r->text;
	request_add_text(r, &at, ":method", parts->method);
	request_add_text(r, &at, ":scheme", parts->scheme);
	request_add_text(r, &at, ":authority", authority);
	request_add_text(r, &at, ":path", parts->path);
	for (size_t i = 0; i < count; i++) {
		const char *value = header_value(headers[i]);
		size_t name_length = (size_t)(strchr(headers[i], ':') - headers[i]);
		if (!header_is_dropped(headers[i]))
			request_add(r, &at, headers[i], name_length, value, value_length(value));
	}
	if (parts->says_length) {
		char length[LENGTH_SIZE];
		snprintf(length, sizeof length, "%zu", r->body_length);
		request_add_text(r, &at, "content-length", length);
	}
}

void h2_client_request_finish(struct h2_client_request *r)
{
	free(r->fields);
	free(r->text);
	*r = (struct h2_client_request){0};
}
