// SPDX-License-Identifier: Apache-2.0
#include "grpc_health.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What stands before each message: whether it is compressed, and its length. */
#define PREFIX_SIZE 5

enum { SERVING = 1, NOT_SERVING = 2 };

/* protobuf's ways to write a field */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct span {
	const uint8_t *at;
	size_t length;
};

bool grpc_is_request(const char *content_type)
{
	static const char wanted[] = "application/grpc";
	size_t n = sizeof wanted - 1;
	return content_type && !strncasecmp(content_type, wanted, n) &&
	       (!content_type[n] || strchr("+; ", content_type[n]));
}

static bool take_varint(struct span *s, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; s->length && shift < 64; shift += 7) {
		uint8_t byte = *s->at++;
		s->length--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct span *s, uint64_t length, struct span *ret_bytes)
{
	if (length > s->length)
		return false;
	*ret_bytes = (struct span){s->at, (size_t)length};
	s->at += length;
	s->length -= (size_t)length;
	return true;
}

/* One field: its number, and its bytes where it is text. Fields that nobody knows yet are passed over. */
static bool take_field(struct span *s, uint64_t *ret_key, struct span *ret_bytes)
{
	uint64_t key, value;
	if (!take_varint(s, &key) || key >> 3 == 0)
		return false;
	*ret_key = key;
	switch (key & 7) {
	case WIRE_VARINT:
		return take_varint(s, &value);
	case WIRE_64:
		return take_bytes(s, 8, ret_bytes);
	case WIRE_32:
		return take_bytes(s, 4, ret_bytes);
	case WIRE_BYTES:
		return take_varint(s, &value) && take_bytes(s, value, ret_bytes);
	default:
		return false;
	}
}

/* HealthCheckRequest { string service = 1; }: the last one counts. */
static bool parse_service(struct span message, struct span *ret_service)
{
	struct span bytes = {0}, service = {0};
	while (message.length) {
		uint64_t key;
		if (!take_field(&message, &key, &bytes))
			return false;
		if (key == (1 << 3 | WIRE_BYTES))
			service = bytes;
	}
	*ret_service = service;
	return true;
}

static struct grpc_reply reply_fail(enum grpc_status status, const char *message)
{
	return (struct grpc_reply){.status = status, .message = message};
}

/* HealthCheckResponse { ServingStatus status = 1; } */
static struct grpc_reply reply_serving(bool is_serving)
{
	struct grpc_reply reply = {.status = GRPC_OK, .message = "", .length = GRPC_HEALTH_REPLY_SIZE};
	const char content[] = {0, 0, 0, 0, 2, 1 << 3 | WIRE_VARINT, is_serving ? SERVING : NOT_SERVING};
	memcpy(reply.content, content, sizeof content);
	return reply;
}

static struct grpc_reply find_service(struct span name, const struct grpc_service *services, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(services[i].name) == name.length &&
		    (!name.length || !memcmp(services[i].name, name.at, name.length)))
			return reply_serving(services[i].is_serving);
	return reply_fail(GRPC_NOT_FOUND, "unknown service");
}

struct grpc_reply grpc_health_check(const char *path, const struct text *content, const struct grpc_service *services,
				    size_t service_count)
{
	if (strcmp(path, "/grpc.health.v1.Health/Check") != 0)
		return reply_fail(GRPC_UNIMPLEMENTED, "unknown method");
	if (content->truncated)
		return reply_fail(GRPC_RESOURCE_EXHAUSTED, "request too large");
	const uint8_t *at = (const uint8_t *)text_str(content);
	if (content->length < PREFIX_SIZE)
		return reply_fail(GRPC_INTERNAL, "no whole message");
	if (at[0])
		return reply_fail(GRPC_UNIMPLEMENTED, "compression is not supported");
	size_t length = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4];
	struct span service;
	if (length != content->length - PREFIX_SIZE)
		return reply_fail(GRPC_INTERNAL, "not one whole message");
	if (!parse_service((struct span){at + PREFIX_SIZE, length}, &service))
		return reply_fail(GRPC_INTERNAL, "malformed message");
	return find_service(service, services, service_count);
}

int grpc_reply_send(const struct grpc_reply *reply, struct h2_request *r)
{
	char status[12];
	(void)snprintf(status, sizeof status, "%d", (int)reply->status);
	const struct h2_field fields[] = {{"content-type", "application/grpc"}, {"grpc-accept-encoding", "identity"}};
	const struct h2_field trailers[] = {{"grpc-status", status}, {"grpc-message", reply->message}};
	struct h2_answer answer = {
		.status = 200,
		.fields = fields,
		.field_count = 2,
		.content = reply->content,
		.length = reply->length,
		.trailers = trailers,
		.trailer_count = reply->status == GRPC_OK ? 1 : 2,
	};
	return h2_request_answer(r, &answer);
}
