// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MESSAGE_HEAD_MAX (256 * 1024)

struct messages_of_target {
	struct message *all; /* path by path: kept alive, fresh */
	uint64_t paths;
};

struct messages {
	struct messages_of_target targets[LOAD_TARGETS_MAX];
	int target_count;
};

bool message_is_token(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)word[i]) && !strchr("!#$%&'*+-.^_`|~", word[i]))
			return false;
	return length > 0;
}

static bool message_is_named(const char *header, const char *name)
{
	size_t length = strlen(name);
	return !strncasecmp(header, name, length) && header[length] == ':';
}

static int message_check_header(const char *header, struct err *err)
{
	const char *colon = strchr(header, ':');
	if (!colon || !message_is_token(header, (size_t)(colon - header)))
		return err_input(err, "header '%s': expected 'Name: value'", header);
	for (const char *p = colon; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return err_input(err, "header '%.*s': a value is one line", (int)(colon - header), header);
	if (message_is_named(header, "Content-Length") || message_is_named(header, "Transfer-Encoding"))
		return err_input(err, "header '%.*s' follows from the body and cannot be given", (int)(colon - header),
				 header);
	return 0;
}

static int message_check_path(const char *path, struct err *err)
{
	if (path[0] != '/')
		return err_input(err, "path '%s' does not begin with '/'", path);
	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return err_input(err, "path '%s': write blanks and other special characters as %%XX", path);
	return 0;
}

static int message_check(const struct load_config *c, struct err *err)
{
	int rc = 0;
	if (!message_is_token(c->method, strlen(c->method)) || !strcmp(c->method, "CONNECT"))
		return err_input(err, "'%s' is not a method that can be sent", c->method);
	for (const char *const *h = c->headers; h && *h && rc == 0; h++)
		rc = message_check_header(*h, err);
	for (const char *const *p = c->paths; p && *p && rc == 0; p++)
		rc = message_check_path(*p, err);
	for (int i = 0; i < c->target_count && rc == 0; i++)
		if (c->targets[i].path)
			rc = message_check_path(c->targets[i].path, err);
	return rc;
}

static bool message_has_header(const struct load_config *c, const char *name)
{
	for (const char *const *h = c->headers; h && *h; h++)
		if (message_is_named(*h, name))
			return true;
	return false;
}

/* These mean something with a body, so an empty one has to be said (RFC 9110 §8.6). */
static bool message_expects_body(const char *method)
{
	return !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
}

static void message_write_h2(const struct load_config *c, const struct load_target *t, const char *host,
			     const char *path, struct h2_client_request *ret_request)
{
	char **headers = words_copy((char *const *)c->headers);
	if (!message_has_header(c, "User-Agent"))
		words_push(&headers, "User-Agent: zerodrop");
	h2_client_request_init(ret_request, &(struct h2_client_request_parts){
						    .method = c->method,
						    .scheme = t->tls_host ? "https" : "http",
						    .authority = host,
						    .path = path,
						    .headers = (const char *const *)headers,
						    .body = c->body,
						    .body_length = c->body_length,
						    .says_length = c->body || message_expects_body(c->method),
					    });
	words_free(headers);
}

static void message_write(const struct load_config *c, const char *host, const char *path, bool fresh,
			  struct message *ret_message)
{
	auto_text head = TEXT_INIT(MESSAGE_HEAD_MAX);
	text_printf(&head, "%s %s HTTP/1.1\r\n", c->method, path);
	if (!message_has_header(c, "Host"))
		text_printf(&head, "Host: %s\r\n", host);
	if (!message_has_header(c, "User-Agent"))
		text_add(&head, "User-Agent: zerodrop\r\n");
	for (const char *const *h = c->headers; h && *h; h++)
		text_printf(&head, "%s\r\n", *h);
	if (c->body || message_expects_body(c->method))
		text_printf(&head, "Content-Length: %zu\r\n", c->body ? c->body_length : 0);
	if (fresh && !message_has_header(c, "Connection"))
		text_add(&head, "Connection: close\r\n");
	text_add(&head, "\r\n");
	*ret_message = (struct message){
		.head_length = head.length,
		.body = c->body,
		.body_length = c->body ? c->body_length : 0,
		.is_head = !strcmp(c->method, "HEAD"),
	};
	ret_message->head = text_steal(&head);
}

static void messages_write_target(const struct load_config *c, const struct load_target *t,
				  struct messages_of_target *ret)
{
	const char *host = t->host_header ? t->host_header : c->host_header;
	const char *const own[] = {t->path, NULL};
	const char *const *paths = t->path ? own : c->paths;
	uint64_t count = 0;
	while (paths[count])
		count++;
	ret->paths = count;
	ret->all = memory_new(count * 2, sizeof *ret->all);
	for (uint64_t i = 0; i < count; i++) {
		message_write(c, host, paths[i], false, &ret->all[i * 2]);
		message_write(c, host, paths[i], true, &ret->all[i * 2 + 1]);
		message_write_h2(c, t, host, paths[i], &ret->all[i * 2].h2);
		message_write_h2(c, t, host, paths[i], &ret->all[i * 2 + 1].h2);
	}
}

int messages_create(const struct load_config *config, struct messages **ret_messages, struct err *err)
{
	int rc = message_check(config, err);
	if (rc < 0)
		return rc;
	struct messages *m = memory_new(1, sizeof *m);
	m->target_count = config->target_count;
	for (int i = 0; i < m->target_count; i++)
		messages_write_target(config, &config->targets[i], &m->targets[i]);
	*ret_messages = m;
	return 0;
}

void messages_destroy(struct messages *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->target_count; i++) {
		for (uint64_t j = 0; j < m->targets[i].paths * 2; j++) {
			free((char *)m->targets[i].all[j].head);
			h2_client_request_finish(&m->targets[i].all[j].h2);
		}
		free(m->targets[i].all);
	}
	free(m);
}

const struct message *messages_find(const struct messages *m, int target, uint64_t path, bool fresh)
{
	const struct messages_of_target *t = &m->targets[target];
	return &t->all[path % t->paths * 2 + fresh];
}
