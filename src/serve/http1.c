// SPDX-License-Identifier: Apache-2.0
#include "http1.h"

#include "access.h"
#include "base/clock.h"
#include "base/memory.h"
#include "connection.h"
#include "http/request.h"
#include "metrics.h"
#include "route.h"
#include "server.h"
#include "trace.h"
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* From the first byte of a request to its answer's. */
struct http1 {
	struct http1 *next_spare;
	struct connection *connection;
	struct work work;
	bool is_in_content;
	int64_t began_ns; /* 0: not known, or of no interest */
	struct text kept; /* bytes read behind the request that is being worked on */
	struct request request;
};

static void on_done(struct work *w);
static void http1_go_on(struct connection *c);

static void http1_begin(struct connection *c)
{
	struct lane *l = c->lane;
	struct http1 *h = l->spare;
	if (h) {
		l->spare = h->next_spare;
		l->spares--;
	} else {
		h = memory_new(1, sizeof *h);
	}
	h->connection = c;
	h->kept = (struct text)TEXT_INIT(LANE_READ_SIZE);
	work_init(&h->work, l, on_done);
	request_init(&h->request);
	h->request.limits = &l->server->config->limits.http;
	h->request.wanted = TRACE_FIELD;
	h->is_in_content = false;
	h->began_ns = 0;
	c->http1 = h;
}

static void http1_end(struct connection *c)
{
	struct lane *l = c->lane;
	struct http1 *h = c->http1;
	c->http1 = NULL;
	text_finish(&h->kept);
	if (l->spares == LANE_SPARE_MAX) {
		free(h);
		return;
	}
	h->next_spare = l->spare;
	l->spare = h;
	l->spares++;
}

static void http1_give_up(struct connection *c)
{
	struct work *w = &c->http1->work;
	if (w->state != WORK_NONE && w->route.kind == ROUTE_PAGE)
		lameduck_request_end(c->lane->server->duck, c->is_cut ? LAMEDUCK_CUT_WORKING : LAMEDUCK_DONE);
	work_cancel(w);
}

static void http1_close(struct connection *c)
{
	if (!c->http1)
		return;
	http1_give_up(c);
	http1_end(c);
}

void http1_free_spare(struct lane *l)
{
	for (struct http1 *h; (h = l->spare);) {
		l->spare = h->next_spare;
		free(h);
	}
}

static void http1_answer(struct connection *c, struct answer answer)
{
	struct lane *l = c->lane;
	struct request *r = &c->http1->request;
	char trace[TRACE_SIZE], field[TRACE_SIZE + sizeof TRACE_FIELD + 8];
	if (trace_is_wanted(r->wanted_value)) {
		(void)snprintf(field, sizeof field, "Zerodrop-Trace: %s\r\n", trace_write(l->server, trace));
		answer.field = field;
	}
	answer.is_head = r->is_head;
	answer.closes = !r->keeps_alive || server_asks_to_close(l->server);
	answer.says_keeping = r->is_old;
	access_add(c, &(struct access){.method = r->target_length ? request_method(r) : "-",
				       .target = r->target,
				       .target_length = r->target_length,
				       .status = answer.status,
				       .began_ns = c->http1->began_ns});
	counts_up(&l->counts.answers[answer.status / 100], 1);
	answers_write(&l->answers, &answer, time(NULL), &l->out);
	c->state = answer.closes ? CONNECTION_LAST : CONNECTION_READING;
	c->is_over = !r->keeps_alive && !r->status && !c->http1->kept.length;
}

static void http1_answer_route(struct connection *c)
{
	const struct route *route = &c->http1->work.route;
	if (route->kind == ROUTE_METRICS) {
		auto_text metrics = TEXT_INIT(METRICS_MAX);
		metrics_write(c->lane->server, &metrics);
		http1_answer(c, (struct answer){.status = 200, .body = metrics.data, .length = metrics.length});
		return;
	}
	http1_answer(c, (struct answer){.status = route->status, .body = route->body});
	c->answers += route->kind == ROUTE_PAGE;
}

static void http1_work(struct connection *c)
{
	const struct request *r = &c->http1->request;
	c->requests++;
	if (c->lane->server->config->logs_access)
		c->http1->began_ns = clock_ns();
	if (c->as.is_surplus && !server_is_ending(c->lane->server)) {
		counts_up(&c->lane->counts.refused, 1);
		c->http1->request.keeps_alive = false;
		http1_answer(c, (struct answer){.status = 503, .body = "too many connections\n"});
		return;
	}
	struct route route = lane_route(c->lane, c->as.is_probe, r->target, r->target_length);
	if (route.kind == ROUTE_PAGE)
		lameduck_request_begin(c->lane->server->duck);
	if (work_begin(&c->http1->work, &route))
		http1_answer_route(c);
	else
		c->state = CONNECTION_WORKING;
}

static void on_done(struct work *w)
{
	struct connection *c = list_entry(w, struct http1, work)->connection;
	c->since_ms = lane_now(c->lane);
	http1_answer_route(c);
	connection_flush(c);
	http1_go_on(c);
	connection_rest(c);
}

/* Acts on one event; false: not before more has come. */
static bool http1_step(struct connection *c, enum request_event event, size_t left)
{
	struct http1 *h = c->http1;
	switch (event) {
	case REQUEST_MORE:
		return false;
	case REQUEST_HEAD:
		h->is_in_content = true;
		c->since_ms = lane_now(c->lane);
		if (h->request.expects_continue && left == 0)
			text_add(&c->lane->out, ANSWER_CONTINUE);
		break;
	case REQUEST_DONE:
		h->is_in_content = false;
		http1_work(c);
		break;
	case REQUEST_BAD:
		h->request.keeps_alive = h->request.is_head = false;
		http1_answer(c, (struct answer){.status = h->request.status, .body = "the request cannot be taken\n"});
		break;
	}
	if (c->lane->out.length >= LANE_WRITE_SIZE && c->state < CONNECTION_LAST)
		connection_flush(c);
	return true;
}

/* What is left over belongs to requests that have to wait. */
static void http1_parse(struct connection *c, const char *data, size_t length)
{
	while (c->state == CONNECTION_READING && !connection_is_blocked(c)) {
		size_t used;
		enum request_event event = request_feed(&c->http1->request, data, length, &used);
		data += used;
		length -= used;
		if (!http1_step(c, event, length))
			break;
	}
	c->is_over &= length == 0;
	if (length && c->state < CONNECTION_LAST)
		text_append(&c->http1->kept, data, length);
}

/* Between two requests, and nothing of the next is here. */
static bool http1_is_over(const struct connection *c)
{
	return c->http1 && c->state == CONNECTION_READING && !c->http1->kept.length &&
	       !request_has_begun(&c->http1->request);
}

static void http1_go_on(struct connection *c)
{
	while (c->http1 && c->state == CONNECTION_READING && !connection_is_blocked(c) && c->http1->kept.length) {
		auto_text kept = c->http1->kept;
		c->http1->kept = (struct text)TEXT_INIT(LANE_READ_SIZE);
		http1_parse(c, kept.data, kept.length);
		connection_flush(c);
	}
	if (http1_is_over(c))
		http1_end(c);
}

static void http1_take(struct connection *c, const char *data, size_t length)
{
	/* A head's time counts from its first byte, and an idle one's from its last. */
	if (!c->http1 || c->http1->is_in_content)
		c->since_ms = lane_now(c->lane);
	if (!c->http1)
		http1_begin(c);
	http1_parse(c, data, length);
	connection_flush(c);
	http1_go_on(c);
}

static bool http1_is_idle(const struct connection *c)
{
	return !c->http1;
}

/* An answer of our own, now, the connection's last. */
static void http1_refuse(struct connection *c, int status, const char *body)
{
	struct request *r = &c->http1->request;
	http1_give_up(c);
	r->keeps_alive = false;
	r->is_head &= c->state != CONNECTION_READING; /* that is the last request's */
	http1_answer(c, (struct answer){.status = status, .body = body});
	c->is_over = false; /* more may be on its way */
	connection_flush(c);
	connection_rest(c);
}

/* Nothing is said to who has asked nothing: it would be taken for the next request's answer. */
static void http1_obey(struct connection *c, enum lane_order order)
{
	if (order != LANE_DISMISS)
		return;
	if (c->http1)
		http1_refuse(c, 503, "the server is going away\n");
	else
		connection_linger(c, true);
}

static bool http1_is_queued(const struct connection *c)
{
	return c->http1->work.state == WORK_QUEUED;
}

static void http1_cut(struct connection *c)
{
	bool is_answering = c->answers || c->state == CONNECTION_LAST;
	if (is_answering)
		connection_lose(c, CUT_ANSWERING, c->answers ? c->answers : 1);
	if (c->state == CONNECTION_WORKING)
		connection_lose(c, http1_is_queued(c) ? CUT_QUEUED : CUT_WORKING, 1);
	else if (c->http1 && !is_answering)
		connection_lose(c, CUT_READING, 1);
}

/* One who has closed its socket answers an interim answer with a reset; who has only said its last word skips it
 * (RFC 9110 §15.2). Work that has begun is finished anyway. */
static void http1_ask_whether_gone(struct connection *c)
{
	if (!http1_is_queued(c) || c->http1->request.is_old)
		return;
	text_add(&c->lane->out, ANSWER_CONTINUE);
	connection_flush(c);
}

/* The next request, or the client's end. */
static void http1_stir(struct connection *c)
{
	char byte;
	ssize_t n = recv(c->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	/* Nothing was asked for any more: what is told then is a reset. */
	if (c->watch.events == 0 || (n == -1 && errno != EAGAIN)) {
		counts_up(&c->lane->counts.left, 1);
		connection_drop(c);
		return;
	}
	poller_change(&c->lane->poller, &c->watch, 0);
	if (n == 0)
		http1_ask_whether_gone(c);
}

static int64_t http1_patience_ns(const struct connection *c)
{
	const struct serve_limits *limits = &c->lane->server->config->limits;
	if (c->state != CONNECTION_READING)
		return 0;
	return !c->http1 ? limits->idle_ns : c->http1->is_in_content ? limits->body_ns : limits->header_ns;
}

static void http1_time_out(struct connection *c)
{
	uint64_t *timeouts = c->lane->counts.timeouts;
	if (c->http1) {
		counts_up(&timeouts[c->http1->is_in_content ? TIMEOUT_BODY : TIMEOUT_HEADER], 1);
		http1_refuse(c, 408, "the request took too long\n");
		return;
	}
	/* One last look: a request may lie there. */
	connection_read(c);
	if (!connection_is_idle(c) || !timeouts_is_over(c))
		return;
	counts_up(&timeouts[TIMEOUT_IDLE], 1);
	connection_linger(c, true);
}

const struct protocol serve_http1 = {
	.take = http1_take,
	.go_on = http1_go_on,
	.stir = http1_stir,
	.is_idle = http1_is_idle,
	.obey = http1_obey,
	.cut = http1_cut,
	.patience_ns = http1_patience_ns,
	.time_out = http1_time_out,
	.close = http1_close,
};
