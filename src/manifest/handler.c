// SPDX-License-Identifier: Apache-2.0
#include "handler.h"

#include "arena.h"
#include "manifest.h"

#include <string.h>

static char *none[] = {NULL};

static const struct field exec_fields[] = {
	{FIELD_TEXTS, FIELD_AT(struct handler, command), .is_required = true},
	{0},
};
static const struct level exec_level = {.what = "exec", .fields = exec_fields};

struct http_fields {
	struct handler *handler;
	const char *host, *path, *scheme;
	struct int_or_string port;
	const struct node *httpHeaders;
};

static const char *const schemes[] = {"HTTP", "HTTPS", NULL};

static const struct field http_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct http_fields, host)},
	{FIELD_TEXT, FIELD_AT(struct http_fields, path)},
	{FIELD_TEXT, FIELD_AT(struct http_fields, scheme), .words = schemes},
	{FIELD_PORT, FIELD_AT(struct http_fields, port), .is_required = true},
	{FIELD_NODE, FIELD_AT(struct http_fields, httpHeaders)},
	{0},
};
static const struct level http_level = {.what = "httpGet", .fields = http_fields};

struct header_fields {
	const char *name, *value;
};

static const struct field header_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct header_fields, name), .is_required = true, .form = &form_header},
	{FIELD_TEXT, FIELD_AT(struct header_fields, value)},
	{0},
};
static const struct level header_level = {.what = "a header", .fields = header_fields};

static const struct field tcp_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct handler, host)},
	{FIELD_PORT, FIELD_AT(struct handler, port), .is_required = true},
	{0},
};
static const struct level tcp_level = {.what = "tcpSocket", .fields = tcp_fields};

/* Its port is a plain number, unlike the others'. */
static const struct field grpc_fields[] = {
	{
		FIELD_NUMBER,
		.name = "port",
		.offset = offsetof(struct handler, port.number),
		.is_required = true,
		.low = 1,
		.high = UINT16_MAX,
	},
	{FIELD_NOTED, .name = "service", .note = "the service's name is not asked for, only whether the port answers"},
	{0},
};
static const struct level grpc_level = {.what = "grpc", .fields = grpc_fields};

static const struct field sleep_fields[] = {
	{
		FIELD_NUMBER,
		.name = "seconds",
		.offset = offsetof(struct handler, sleep_s),
		.is_required = true,
		.high = FIELD_SECONDS_MAX,
	},
	{0},
};
static const struct level sleep_level = {.what = "sleep", .fields = sleep_fields};

void handler_init(struct handler *h)
{
	*h = (struct handler){.command = none, .headers = none, .path = "/", .host = "", .port.name = ""};
	h->place.file = "";
}

static int exec_read(struct reader *r, const struct node *n, struct handler *h)
{
	int rc = fields_read(r, n, &exec_level, h);
	if (rc == 0 && !h->command[0])
		return fields_fail(r, node_find(n, "command"), "exec: the command is empty");
	return rc;
}

static int headers_read(struct reader *r, const struct node *list, char ***ret_headers)
{
	int rc = fields_expect(r, list, NODE_LIST, "httpHeaders");
	if (rc < 0)
		return rc;
	const char **headers = arena_new(r->m->memory, list->count + 1, sizeof *headers);
	for (size_t i = 0; i < list->count; i++) {
		struct header_fields in = {.value = ""};
		rc = fields_read(r, list->items[i], &header_level, &in);
		if (rc < 0)
			return rc;
		if (strpbrk(in.value, "\r\n"))
			return fields_fail(r, list->items[i], "a header's value goes over more than one line");
		headers[i] = arena_printf(r->m->memory, "%s: %s", in.name, in.value);
	}
	*ret_headers = (char **)headers;
	return 0;
}

static int http_read(struct reader *r, const struct node *n, struct handler *h)
{
	struct http_fields in = {.host = "", .path = "/", .scheme = "HTTP", .port.name = ""};
	int rc = fields_read(r, n, &http_level, &in);
	if (rc == 0 && in.httpHeaders)
		rc = headers_read(r, in.httpHeaders, &h->headers);
	h->host = in.host;
	h->path = in.path;
	h->port = in.port;
	h->https = !strcmp(in.scheme, "HTTPS");
	return rc;
}

static int handler_read_one(struct reader *r, const struct node *n, enum handler_kind kind, struct handler *h)
{
	h->kind = kind;
	switch (kind) {
	case HANDLER_EXEC:
		return exec_read(r, n, h);
	case HANDLER_HTTP:
		return http_read(r, n, h);
	case HANDLER_TCP:
		return fields_read(r, n, &tcp_level, h);
	case HANDLER_GRPC:
		return fields_read(r, n, &grpc_level, h);
	case HANDLER_SLEEP:
		return fields_read(r, n, &sleep_level, h);
	case HANDLER_NONE:
		break;
	}
	return 0;
}

int handler_read(struct reader *r, const struct node *n, const char *what, const struct handler_nodes *in,
		 struct handler *h)
{
	const struct {
		const struct node *node;
		enum handler_kind kind;
	} given[] = {
		{in->exec, HANDLER_EXEC}, {in->httpGet, HANDLER_HTTP}, {in->tcpSocket, HANDLER_TCP},
		{in->grpc, HANDLER_GRPC}, {in->sleep, HANDLER_SLEEP},
	};
	h->place = fields_place(r, n);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof given / sizeof *given; i++) {
		if (!given[i].node)
			continue;
		if (h->kind != HANDLER_NONE)
			return fields_fail(r, given[i].node, "%s has two handlers: one is allowed", what);
		rc = handler_read_one(r, given[i].node, given[i].kind, h);
	}
	return rc;
}
