// SPDX-License-Identifier: Apache-2.0
#include "check.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/response.h"
#include "later.h"
#include "net/connect.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX 16384

struct check {
	uv_loop_t *loop;
	int fd;
	uint16_t local_port;
	struct sockaddr_in to;
	int netns;
	bool http, connected;
	struct text request;
	size_t sent;
	struct response response;
	uv_poll_t poll;
	struct later timeout, start;
	int open_handles;
	check_done *done;
	void *data;
};

static void check_closed(uv_handle_t *handle)
{
	struct check *c = handle->data;
	if (--c->open_handles)
		return;
	text_finish(&c->request);
	free(c);
}

static void check_close_handle(struct check *c, uv_handle_t *handle)
{
	handle->data = c;
	uv_close(handle, check_closed);
}

static void check_close(struct check *c)
{
	if (c->fd != -1)
		check_close_handle(c, (uv_handle_t *)&c->poll);
	fd_close(&c->fd);
	check_close_handle(c, (uv_handle_t *)&c->timeout.timer);
	check_close_handle(c, (uv_handle_t *)&c->start.timer);
	c->done = NULL;
}

static void check_end(struct check *c, int status, const char *why)
{
	check_done *done = c->done;
	void *data = c->data;
	check_close(c);
	done(status, why, data);
}

void check_cancel(struct check *c)
{
	if (c)
		check_close(c);
}

static const char *check_why(int number)
{
	switch (number) {
	case ECONNREFUSED:
		return "connection refused";
	case ECONNRESET:
	case EPIPE:
		return "connection reset";
	case ETIMEDOUT:
		return "timeout";
	}
	return strerror(number);
}

static void check_timeout(void *data)
{
	check_end(data, 0, "timeout");
}

static void check_read(struct check *c)
{
	char chunk[4096];
	for (;;) {
		ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1)
			return check_end(c, 0, check_why(errno));
		if (n == 0)
			response_end(&c->response);
		else
			(void)response_feed(&c->response, chunk, (size_t)n);
		if (c->response.state == RESPONSE_MALFORMED)
			return check_end(c, 0, "malformed response");
		if (c->response.state == RESPONSE_DONE)
			return check_end(c, c->response.status, "");
		if (n == 0)
			return check_end(c, 0, "closed without a whole answer");
	}
}

static void check_ready(uv_poll_t *poll, int status, int events);

/* Connected: TCP is done; HTTP sends, then reads. */
static void check_write(struct check *c)
{
	int rc = c->connected ? 0 : connect_result(c->fd);
	if (rc < 0)
		return check_end(c, 0, check_why(-rc));
	c->connected = true;
	if (!c->http)
		return check_end(c, 0, "");
	ssize_t n = send(c->fd, c->request.data + c->sent, c->request.length - c->sent, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN)
		return check_end(c, 0, check_why(errno));
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == c->request.length)
		uv_poll_start(&c->poll, UV_READABLE, check_ready);
}

static void check_ready(uv_poll_t *poll, int status, int events)
{
	struct check *c = poll->data;
	if (!c->connected || c->sent < c->request.length)
		check_write(c);
	else
		check_read(c);
}

static int check_connect(void *data, struct err *err)
{
	struct check *c = data;
	struct sockaddr_storage to = {0};
	memcpy(&to, &c->to, sizeof c->to);
	return connect_begin(&to, sizeof c->to, "", CONNECT_NODELAY, &c->fd, &c->local_port);
}

static void check_begin(void *data)
{
	struct check *c = data;
	int rc = netns_inside(c->netns, check_connect, c, NULL);
	if (rc < 0 && rc != -EINPROGRESS)
		return check_end(c, 0, check_why(-rc));
	uv_poll_init(c->loop, &c->poll, c->fd);
	c->poll.data = c;
	c->open_handles++;
	uv_poll_start(&c->poll, UV_WRITABLE, check_ready);
}

struct check *check_start(uv_loop_t *loop, const struct check_spec *spec, check_done *done, void *data)
{
	struct check *c = memory_new(1, sizeof *c);
	*c = (struct check){
		.loop = loop, .fd = -1, .netns = spec->netns, .http = spec->http, .done = done, .data = data};
	c->to = (struct sockaddr_in){AF_INET, htons(spec->port), {spec->address}, {0}};
	c->request = (struct text)TEXT_INIT(REQUEST_MAX);
	if (spec->http) {
		text_printf(&c->request, "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: %s\r\nAccept: */*\r\n",
			    spec->path, inet_ntoa(c->to.sin_addr), spec->port, spec->user_agent);
		for (char *const *h = spec->headers; h && *h; h++)
			text_printf(&c->request, "%s\r\n", *h);
		text_add(&c->request, "Connection: close\r\n\r\n");
		response_init(&c->response, (struct response_wanted[RESPONSE_WANTED_MAX]){0});
		response_begin(&c->response, false);
	}
	later_init(&c->timeout, loop, check_timeout, c);
	later_init(&c->start, loop, check_begin, c);
	c->open_handles = 2;
	if (spec->timeout_ns)
		later_start(&c->timeout, spec->timeout_ns);
	later_start(&c->start, 0);
	return c;
}
