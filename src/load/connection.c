// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include "base/clock.h"
#include "base/memory.h"
#include "failure.h"
#include "net/address.h"
#include "net/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ_SIZE 65536
#define READS_MAX 16 /* in one turn: a long answer leaves time for the others */

static void connection_on_poll(uv_poll_t *poll, int status, int events);

static void connection_watch(struct connection *c, int events)
{
	if (c->events == events)
		return;
	c->events = events;
	(void)uv_poll_start(&c->poll, events, connection_on_poll);
}

static void connection_on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	const struct connection_owner *owner = c->owner;
	free(c);
	owner->freed(owner->data);
}

void connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	uv_close((uv_handle_t *)&c->poll, connection_on_closed);
	(void)close(c->fd);
}

static size_t connection_size(const struct connection *c)
{
	return c->message->head_length + c->message->body_length;
}

static enum failure_phase connection_phase(const struct connection *c)
{
	if (c->response.body_begun)
		return FAILURE_BODY;
	if (c->outcome.bytes_received)
		return FAILURE_HEAD;
	return c->sent < connection_size(c) ? FAILURE_SEND : FAILURE_WAIT;
}

/* Fills in what does not depend on how it ended. */
static void connection_conclude(struct connection *c, enum outcome_kind kind)
{
	struct outcome *o = &c->outcome;
	o->kind = kind;
	o->status = c->response.status;
	o->ended_ns = clock_ns();
	o->bytes_sent = c->sent;
	if (c->pod[0])
		memcpy(c->last_pod, c->pod, sizeof c->last_pod);
	memcpy(o->pod, c->last_pod, sizeof o->pod);
	memcpy(o->upstream, c->upstream, sizeof o->upstream);
}

static void connection_fail_as(struct connection *c, enum outcome_kind kind)
{
	connection_conclude(c, kind);
	c->outcome.rtt_ns = connect_rtt_ns(c->fd);
	connection_close(c);
	c->owner->ended(c, c->owner->data);
}

static void connection_fail(struct connection *c, enum failure_manner manner)
{
	connection_fail_as(c, failure_connected(connection_phase(c), manner));
}

/* The answer is complete. `more`: bytes came behind it; `ended`: so did the end of the connection. */
static void connection_succeed(struct connection *c, bool more, bool ended)
{
	const struct connection_owner *owner = c->owner;
	int status = c->response.status;
	connection_conclude(c, owner->expects(status, owner->expects_data) ? OUTCOME_OK : OUTCOME_STATUS);
	c->served++;
	c->idle_since_ns = c->outcome.ended_ns;
	if (more || ended || c->send_error || c->sent < connection_size(c)) {
		connection_close(c);
	} else {
		bool again = c->response.keep_alive && !c->outcome.fresh;
		c->state = again ? CONNECTION_IDLE : CONNECTION_LINGERING;
		connection_watch(c, UV_READABLE);
	}
	if (more)
		owner->unsolicited(c, owner->data);
	owner->ended(c, owner->data);
}

/* True when the request is over. */
static bool connection_received(struct connection *c, const char *data, size_t length)
{
	c->outcome.bytes_received += length;
	size_t used = response_feed(&c->response, data, length);
	if (c->response.state == RESPONSE_MALFORMED)
		connection_fail(c, FAILURE_MALFORMED);
	else if (c->response.state == RESPONSE_DONE)
		connection_succeed(c, used < length, false);
	else
		return false;
	return true;
}

static void connection_received_end(struct connection *c)
{
	/* When a send was answered by a reset, the kernel has reported that already and shows an end now: it says
	 * nothing about where the body ends. EPIPE means that the peer's end had come in order. */
	bool was_reset = c->send_error && c->send_error != EPIPE;
	if (!was_reset)
		response_end(&c->response);
	if (c->response.state == RESPONSE_DONE)
		connection_succeed(c, false, true);
	else
		connection_fail(c, was_reset ? failure_manner(c->send_error) : FAILURE_CLOSED);
}

/* Reads what is there; `all`: there will be no further event, so up to the end. */
static void connection_receive(struct connection *c, bool all)
{
	char buffer[READ_SIZE];
	for (int reads = 0; all || reads < READS_MAX; reads++) {
		ssize_t n = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			if (c->send_error)
				connection_fail(c, failure_manner(c->send_error));
			return;
		}
		if (n == -1) {
			connection_fail(c, failure_manner(errno));
			return;
		}
		if (n == 0) {
			connection_received_end(c);
			return;
		}
		if (connection_received(c, buffer, (size_t)n) || (!all && (size_t)n < sizeof buffer))
			return;
	}
}

static ssize_t connection_write(struct connection *c)
{
	const struct message *m = c->message;
	struct iovec parts[2];
	int count = 0;
	if (c->sent < m->head_length)
		parts[count++] = (struct iovec){(char *)m->head + c->sent, m->head_length - c->sent};
	size_t of_body = c->sent > m->head_length ? c->sent - m->head_length : 0;
	if (of_body < m->body_length)
		parts[count++] = (struct iovec){(char *)m->body + of_body, m->body_length - of_body};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
	return sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void connection_send(struct connection *c)
{
	while (c->sent < connection_size(c)) {
		ssize_t n = connection_write(c);
		if (n >= 0) {
			c->sent += (size_t)n;
		} else if (errno == EAGAIN) {
			connection_watch(c, UV_READABLE | UV_WRITABLE);
			return;
		} else if (errno != EINTR) {
			/* The server may have answered before it closed. */
			c->send_error = errno;
			connection_receive(c, true);
			return;
		}
	}
	connection_watch(c, UV_READABLE);
}

static void connection_on_connect(struct connection *c)
{
	int rc = connect_result(c->fd);
	if (rc < 0) {
		connection_fail_as(c, failure_connecting(-rc));
		return;
	}
	c->state = CONNECTION_BUSY;
	c->owner->connected(c, c->owner->data);
	connection_send(c);
}

/* The peer did something although nothing was asked of it. False when it was nothing after all. */
static bool connection_look(struct connection *c, int flags)
{
	char some[256];
	ssize_t n;
	do
		n = recv(c->fd, some, sizeof some, MSG_DONTWAIT | flags);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		return false;
	bool was_idle = c->state == CONNECTION_IDLE;
	connection_close(c);
	if (n > 0)
		c->owner->unsolicited(c, c->owner->data);
	c->owner->left(c, was_idle, c->owner->data);
	return true;
}

static void connection_on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;
	bool stopped = status < 0; /* an error is pending: libuv has stopped watching */
	int wanted = c->events;
	if (stopped)
		c->events = 0;
	switch (c->state) {
	case CONNECTION_CONNECTING:
		connection_on_connect(c);
		return;
	case CONNECTION_BUSY:
		if (stopped || (events & UV_READABLE))
			connection_receive(c, stopped);
		if (c->state == CONNECTION_BUSY && !stopped && (events & UV_WRITABLE))
			connection_send(c);
		break;
	case CONNECTION_IDLE:
	case CONNECTION_LINGERING:
		(void)connection_look(c, 0);
		break;
	case CONNECTION_CLOSED:
		return;
	}
	if (stopped && c->state != CONNECTION_CLOSED)
		connection_watch(c, wanted);
}

/* What the connection knows goes into the outcome of the request it takes. */
static void connection_take(struct connection *c, const struct message *message, const struct outcome *outcome)
{
	c->outcome = *outcome;
	c->outcome.connection = c->number;
	c->outcome.served = c->served;
	c->outcome.local_port = c->local_port;
	c->outcome.remote_port = c->remote_port;
	c->message = message;
	c->sent = 0;
	c->send_error = 0;
	response_begin(&c->response, message->is_head);
}

static struct connection *connection_create(const struct connection_owner *owner, int fd)
{
	struct connection *c = memory_new(1, sizeof *c);
	if (uv_poll_init(owner->loop, &c->poll, fd) < 0) {
		free(c);
		return NULL;
	}
	c->poll.data = c;
	c->owner = owner;
	c->fd = fd;
	list_init(&c->place);
	list_init(&c->deadline);
	list_init(&c->connect_deadline);
	struct response_wanted wanted[RESPONSE_WANTED_MAX] = {
		{owner->pod_header, c->pod, sizeof c->pod},
		{owner->upstream_header, c->upstream, sizeof c->upstream},
	};
	response_init(&c->response, wanted);
	return c;
}

struct connection *connection_open(const struct connection_owner *owner, const struct load_target *to,
				   const struct message *message, struct outcome *outcome)
{
	int fd = -1;
	outcome->remote_port = address_port(&to->address);
	int rc = connect_begin(&to->address, to->address_length, to->device, &fd, &outcome->local_port);
	bool begun = rc == 0 || rc == -EINPROGRESS;
	struct connection *c = begun ? connection_create(owner, fd) : NULL;
	if (!c) {
		if (begun)
			(void)close(fd);
		outcome->kind = begun ? OUTCOME_CLIENT_FILES : failure_connecting(-rc);
		outcome->ended_ns = clock_ns();
		return NULL;
	}
	c->number = outcome->connection;
	c->local_port = outcome->local_port;
	c->remote_port = outcome->remote_port;
	connection_take(c, message, outcome);
	connection_watch(c, UV_WRITABLE);
	return c;
}

bool connection_is_usable(struct connection *c)
{
	return !connection_look(c, MSG_PEEK);
}

void connection_reuse(struct connection *c, const struct message *message, const struct outcome *outcome)
{
	connection_take(c, message, outcome);
	c->outcome.idle_ns = outcome->started_ns - c->idle_since_ns;
	c->state = CONNECTION_BUSY;
	connection_send(c);
}

void connection_time_out(struct connection *c)
{
	if (c->state == CONNECTION_CONNECTING)
		connection_fail_as(c, OUTCOME_CONNECT_TIMEOUT);
	else
		connection_fail(c, FAILURE_TIMEOUT);
}
