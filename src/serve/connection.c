// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include "base/memory.h"
#include "http/request.h"
#include "route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A peer that does not close after our last answer is left then. */
#define LINGER_MS 2000
/* An accepted connection that has not spoken yet is not idle: its request is on its way. */
#define PATIENCE_MS 1000

enum connection_state {
	CONNECTION_READING = 0,
	CONNECTION_QUEUED,
	CONNECTION_WORKING,
	CONNECTION_LAST,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
};

struct connection {
	struct list link;    /* server->connections */
	struct list waiting; /* in the gate */
	struct server *server;
	uv_poll_t poll;
	uv_timer_t timer;
	int fd, polled, handles;
	enum connection_state state;
	bool has_spoken;
	bool is_expected; /* draining: the first request, or the end */
	bool was_idle;    /* lingering without an answer before it */
	bool is_counted;  /* as cut */
	uint64_t accepted_ms, active_ms;
	struct route route;
	struct text kept;   /* bytes read behind the request that is being worked on */
	struct text unsent; /* while there are any, nothing is read */
	struct request request;
};

static void connection_advance(struct connection *c);

struct connection *connection_of(struct list *link)
{
	return list_entry(link, struct connection, link);
}

bool connection_has_spoken(const struct connection *c)
{
	return c->has_spoken;
}

bool connection_is_idle(const struct connection *c)
{
	return c->state == CONNECTION_READING && !c->unsent.length && !request_has_begun(&c->request);
}

static bool has_unread(const struct connection *c)
{
	char byte;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	if (--c->handles > 0)
		return;
	text_finish(&c->kept);
	text_finish(&c->unsent);
	free(c);
}

void connection_drop(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	list_unlink(&c->link);
	list_unlink(&c->waiting);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	uv_close((uv_handle_t *)&c->timer, on_closed);
	(void)close(c->fd);
	server_connection_gone(c->server);
}

static void on_timer(uv_timer_t *timer);

/* Milliseconds of the loop's clock at which the state has lasted long enough; UINT64_MAX: never. */
static uint64_t connection_deadline(const struct connection *c)
{
	uint64_t idle_ms = (uint64_t)(c->server->config->idle_timeout_ns / NS_PER_MS);
	uint64_t deadline = idle_ms ? c->active_ms + idle_ms : UINT64_MAX;
	if (c->is_expected && !c->has_spoken && c->accepted_ms + PATIENCE_MS < deadline)
		deadline = c->accepted_ms + PATIENCE_MS;
	return deadline;
}

/* The timer is not touched by each request: when it fires too early, it is set again. */
static void connection_arm(struct connection *c)
{
	uint64_t deadline = connection_deadline(c), now = uv_now(&c->server->loop);
	if (deadline != UINT64_MAX)
		uv_timer_start(&c->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void connection_poll(struct connection *c)
{
	int wanted = c->unsent.length                                                     ? UV_WRITABLE
		     : c->state == CONNECTION_READING || c->state == CONNECTION_LINGERING ? UV_READABLE
											  : 0;
	if (c->state == CONNECTION_CLOSED || wanted == c->polled)
		return;
	c->polled = wanted;
	if (wanted)
		uv_poll_start(&c->poll, wanted, on_poll);
	else
		uv_poll_stop(&c->poll);
}

static void connection_linger(struct connection *c, bool was_idle)
{
	c->state = CONNECTION_LINGERING;
	c->was_idle = was_idle;
	(void)shutdown(c->fd, SHUT_WR); /* a peer that is gone shows when we read */
	if (lifecycle_is_ending(&c->server->life))
		c->server->report.closed++;
	uv_timer_start(&c->timer, on_timer, LINGER_MS, 0);
	connection_poll(c);
}

/* Writes what the server's buffer holds for this connection, behind what it still owes. */
static void connection_flush(struct connection *c)
{
	struct text *out = &c->server->out;
	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->unsent.length && out->length)
		text_append(&c->unsent, out->data, out->length);
	const struct text *from = c->unsent.length ? &c->unsent : out;
	ssize_t sent = from->length ? send(c->fd, from->data, from->length, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	if (sent == -1 && errno != EAGAIN && errno != EINTR) {
		text_reset(out);
		connection_drop(c);
		return;
	}
	size_t gone = sent > 0 ? (size_t)sent : 0;
	if (from == &c->unsent) {
		c->unsent.length -= gone;
		memmove(c->unsent.data, c->unsent.data + gone, c->unsent.length);
	} else if (gone < out->length) {
		text_append(&c->unsent, out->data + gone, out->length - gone);
	}
	text_reset(out);
	if (!c->unsent.length && c->unsent.data)
		text_finish(&c->unsent);
	if (!c->unsent.length && c->state == CONNECTION_LAST)
		connection_linger(c, false);
}

static void connection_answer(struct connection *c, int status, const char *body)
{
	struct server *s = c->server;
	struct answer answer = {.status = status, .body = body, .is_head = c->request.is_head};
	answer.closes = !c->request.keeps_alive || server_asks_to_close(s);
	answer.says_keeping = c->request.is_old;
	answers_write(&s->answers, &answer, time(NULL), &s->out);
	c->state = answer.closes ? CONNECTION_LAST : CONNECTION_READING;
}

static void connection_answer_route(struct connection *c)
{
	connection_answer(c, c->route.status, c->route.body);
	c->server->report.served += lifecycle_is_ending(&c->server->life);
}

/* Holds a place in the gate. False: it takes a while. */
static bool connection_work(struct connection *c)
{
	if (c->route.wait_ns > 0) {
		c->state = CONNECTION_WORKING;
		/* Not a moment too early: the loop's clock lags behind by a turn and rounds down. */
		uv_update_time(&c->server->loop);
		uv_timer_start(&c->timer, on_timer, (uint64_t)(c->route.wait_ns / NS_PER_MS) + 1, 0);
		return false;
	}
	connection_answer_route(c);
	return true;
}

static void connection_begin(struct connection *c)
{
	struct server *s = c->server;
	c->route = route_find(c->request.target, c->request.target_length, &s->life, s->config->delay_ns);
	if (!c->route.takes_worker) {
		connection_answer_route(c);
	} else if (!gate_enter(&s->gate, &c->waiting)) {
		c->state = CONNECTION_QUEUED;
	} else if (connection_work(c)) {
		/* There was room when it entered, so nobody waits for its place. */
		(void)gate_leave(&s->gate);
	}
}

/* The work is done: its place goes to those who queue, one after the other until one needs time. */
static void connection_hand_over(struct connection *c)
{
	struct server *s = c->server;
	struct list *next;
	while ((next = gate_leave(&s->gate))) {
		struct connection *other = list_entry(next, struct connection, waiting);
		if (!connection_work(other))
			return;
		connection_advance(other);
	}
}

/* Acts on one event; false: not before more has come. */
static bool connection_step(struct connection *c, enum request_event event, size_t left)
{
	switch (event) {
	case REQUEST_MORE:
		return false;
	case REQUEST_HEAD:
		if (c->request.expects_continue && left == 0)
			text_add(&c->server->out, ANSWER_CONTINUE);
		break;
	case REQUEST_DONE:
		connection_begin(c);
		break;
	case REQUEST_BAD:
		c->request.keeps_alive = c->request.is_head = false;
		connection_answer(c, c->request.status, "the request cannot be taken\n");
		break;
	}
	if (c->server->out.length >= SERVER_WRITE_SIZE)
		connection_flush(c);
	return true;
}

/* Parses and answers until the bytes end or an answer takes time. */
static void connection_take(struct connection *c, const char *data, size_t length)
{
	while (c->state == CONNECTION_READING && !c->unsent.length) {
		size_t used;
		enum request_event event = request_feed(&c->request, data, length, &used);
		data += used;
		length -= used;
		if (!connection_step(c, event, length))
			break;
	}
	if (length && c->state != CONNECTION_LAST && c->state < CONNECTION_LINGERING)
		text_append(&c->kept, data, length);
}

/* Goes on after reading, or after an answer: writes it, takes the requests that came behind it, and sees what to wait
 * for. */
static void connection_advance(struct connection *c)
{
	connection_flush(c);
	while (c->state == CONNECTION_READING && !c->unsent.length && c->kept.length) {
		auto_text kept = c->kept;
		c->kept = (struct text)TEXT_INIT(SERVER_READ_SIZE);
		connection_take(c, kept.data, kept.length);
		connection_flush(c);
	}
	connection_poll(c);
	if ((c->state == CONNECTION_READING || c->state == CONNECTION_LAST) && !uv_is_active((uv_handle_t *)&c->timer))
		connection_arm(c);
}

static void connection_read(struct connection *c)
{
	struct server *s = c->server;
	ssize_t n = recv(c->fd, s->in, sizeof s->in, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		connection_drop(c);
		return;
	}
	c->has_spoken = true;
	c->active_ms = uv_now(&s->loop);
	connection_take(c, s->in, (size_t)n);
	connection_advance(c);
}

/* What comes after our FIN is thrown away unprocessed, so that its sender may safely send it elsewhere. */
static void connection_read_late(struct connection *c)
{
	ssize_t n = recv(c->fd, c->server->in, sizeof c->server->in, MSG_DONTWAIT);
	if (n > 0 && c->was_idle && lifecycle_is_ending(&c->server->life) && !c->is_counted) {
		c->is_counted = true;
		c->server->report.cut++;
	}
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		connection_drop(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;
	if (status < 0)
		connection_drop(c);
	else if (c->unsent.length)
		connection_advance(c);
	else if (c->state == CONNECTION_LINGERING)
		connection_read_late(c);
	else
		connection_read(c);
}

/* Idle for too long: one last look, since a request may lie there unread. */
static void connection_time_out(struct connection *c)
{
	if (uv_now(&c->server->loop) >= connection_deadline(c)) {
		if (!connection_is_idle(c)) {
			connection_drop(c);
			return;
		}
		if (!has_unread(c)) {
			connection_linger(c, true);
			return;
		}
		connection_read(c);
	}
	if (c->state == CONNECTION_READING || c->state == CONNECTION_LAST)
		connection_arm(c);
}

static void on_timer(uv_timer_t *timer)
{
	struct connection *c = timer->data;
	switch (c->state) {
	case CONNECTION_READING:
	case CONNECTION_LAST:
		connection_time_out(c);
		break;
	case CONNECTION_WORKING:
		c->active_ms = uv_now(&c->server->loop);
		connection_answer_route(c);
		connection_advance(c);
		connection_hand_over(c);
		break;
	case CONNECTION_LINGERING:
		connection_drop(c);
		break;
	case CONNECTION_QUEUED:
	case CONNECTION_CLOSED:
		break;
	}
}

void connection_create(struct server *s, int fd)
{
	struct connection *c = memory_new(1, sizeof *c);
	if (uv_poll_init(&s->loop, &c->poll, fd) < 0) {
		free(c);
		(void)close(fd);
		return;
	}
	uv_timer_init(&s->loop, &c->timer);
	c->poll.data = c->timer.data = c;
	c->handles = 2;
	c->server = s;
	c->fd = fd;
	c->accepted_ms = c->active_ms = uv_now(&s->loop);
	c->is_expected = s->life.state == LIFECYCLE_DRAINING;
	c->kept = (struct text)TEXT_INIT(SERVER_READ_SIZE);
	c->unsent = (struct text)TEXT_INIT(4 * SERVER_WRITE_SIZE);
	list_init(&c->waiting);
	list_append(&s->connections, &c->link);
	s->connection_count++;
	request_init(&c->request);
	connection_arm(c);
	connection_read(c); /* the request often came with the handshake's end */
	connection_poll(c);
}

void connection_expect_first(struct connection *c)
{
	c->is_expected = true;
	if (c->state == CONNECTION_READING && !c->has_spoken)
		connection_arm(c);
}

void connection_count_cut(struct connection *c)
{
	bool is_asked = connection_is_idle(c) ? has_unread(c) : c->state < CONNECTION_LINGERING;
	if (is_asked && !c->is_counted) {
		c->is_counted = true;
		c->server->report.cut++;
	}
}

void connection_dismiss(struct connection *c)
{
	connection_count_cut(c);
	if (c->state >= CONNECTION_LAST)
		return;
	if (!c->is_counted) {
		connection_linger(c, true);
		return;
	}
	list_unlink(&c->waiting);
	c->request.keeps_alive = false;
	c->request.is_head &= c->state != CONNECTION_READING; /* that is the last request's */
	connection_answer(c, 503, "the server is going away\n");
	connection_flush(c);
	connection_poll(c);
}
