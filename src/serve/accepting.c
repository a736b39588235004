// SPDX-License-Identifier: Apache-2.0
#include "accepting.h"

#include "connection.h"
#include "net/listen.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Connections accepted per turn of the loop, so that a flood of them does not keep a signal waiting. */
#define ACCEPT_TURN 64
/* Beyond the limit of connections so many are told so; the rest waits in the queue. */
#define SURPLUS_MAX 256
/* When descriptors ran out: try again then. */
#define ACCEPT_RETRY_MS 50

static void on_acceptable(uv_poll_t *poll, int status, int events);
static void accepting_turn(struct accepting *a);

/* The one with the fewest connections, and among equals each in turn. */
static struct lane *accepting_choose(struct accepting *a)
{
	struct server *s = a->server;
	struct lane *best = NULL;
	uint64_t fewest = UINT64_MAX;
	for (unsigned i = 0; i < s->lane_count; i++) {
		struct lane *l = s->lanes[(a->turn + i) % s->lane_count];
		uint64_t open = __atomic_load_n(&l->open, __ATOMIC_RELAXED);
		if (open < fewest) {
			fewest = open;
			best = l;
		}
	}
	a->turn++;
	return best;
}

static void accepting_hand(struct accepting *a, int fd)
{
	struct server *s = a->server;
	uint64_t limit = (uint64_t)s->config->limits.connections;
	struct newcomer new = {.fd = fd, .is_probe = a->is_for_probes};
	struct lane *l = s->lanes[0];
	if (!new.is_probe) {
		l = accepting_choose(a);
		/* A stopped server takes none, but its queue had been accepted by the kernel: it is told. */
		new.is_known = lameduck_connection_begin(s->duck);
		new.is_surplus = limit > 0 && s->open >= limit;
		s->open++;
		__atomic_add_fetch(&l->open, 1, __ATOMIC_RELAXED);
		counts_up(&s->lanes[0]->counts.accepted, 1);
	}
	if (l == s->lanes[0])
		connection_create(l, &new);
	else
		lane_give(l, &new);
}

/* 0 when `most` were taken, -EAGAIN when none is left, else why accepting fails. */
static int accepting_take(struct accepting *a, int most)
{
	const struct server *s = a->server;
	int64_t limit = a->is_for_probes ? 0 : s->config->limits.connections;
	for (int i = 0; i < most; i++) {
		if (limit > 0 && s->open >= (uint64_t)limit + SURPLUS_MAX && !server_is_ending(s))
			return -EUSERS;
		int fd = listen_accept(a->fd);
		if (fd < 0)
			return fd;
		accepting_hand(a, fd);
	}
	return 0;
}

static void on_retry(uv_timer_t *timer)
{
	struct accepting *a = timer->data;
	uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	accepting_turn(a);
}

/* Descriptors or memory ran out: the queue stays, and polling it now would spin. */
static void accepting_pause(struct accepting *a, int number)
{
	struct err err = {0};
	uv_poll_stop(&a->poll);
	uv_timer_start(&a->retry, on_retry, ACCEPT_RETRY_MS, 0);
	if (number == EUSERS)
		return;
	(void)err_system(&err, number, "cannot accept");
	server_log_failure(&err);
}

static void accepting_turn(struct accepting *a)
{
	int rc = accepting_take(a, ACCEPT_TURN);
	if (rc == -EAGAIN && a->is_last)
		accepting_close(a, false);
	else if (rc == 0 && a->is_last)
		uv_timer_start(&a->retry, on_retry, 0, 0); /* nothing may be left to wake us */
	else if (rc < 0 && rc != -EAGAIN)
		accepting_pause(a, -rc);
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	accepting_turn(poll->data);
}

int accepting_open(struct accepting *a, struct server *s, uint16_t port, struct err *err)
{
	a->server = s;
	a->fd = -1;
	uv_timer_init(&s->lanes[0]->loop, &a->retry);
	a->poll.data = a->retry.data = a;
	int rc = listen_open(s->config->address, port, &a->fd, &a->port, err);
	if (rc < 0 && err->kind == ERR_INPUT)
		err_wrap(err, "--address");
	return rc;
}

int accepting_start(struct accepting *a, struct err *err)
{
	const char *address = a->server->config->address;
	int rc = listen_start(a->fd, err);
	if (rc < 0)
		return rc;
	rc = uv_poll_init(&a->server->lanes[0]->loop, &a->poll, a->fd);
	if (rc < 0)
		return err_system(err, -rc, "cannot watch the listener");
	if (a->server->config->on_term == SERVE_DRAIN && !a->is_for_probes) {
		rc = lameduck_listener_begin(a->server->duck, a->fd);
		if (rc < 0)
			return err_system(err, -rc, "cannot look after the listener");
	}
	a->is_listening = true;
	uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	FILE *out = a->server->config->as_json ? stderr : stdout;
	fprintf(out, strchr(address, ':') ? "%s on [%s]:%u\n" : "%s on %s:%u\n",
		a->is_for_probes ? "probes" : "listening", address, a->port);
	fflush(out);
	return 0;
}

void accepting_on_retired(struct lameduck *duck, int fd, void *server)
{
	struct accepting *a = &((struct server *)server)->service;
	a->is_last = true;
	uv_timer_start(&a->retry, on_retry, 0, 0);
}

void accepting_close(struct accepting *a, bool takes_queued)
{
	if (a->fd < 0)
		return;
	if (takes_queued)
		(void)accepting_take(a, INT32_MAX);
	uv_timer_stop(&a->retry);
	if (a->is_listening)
		uv_close((uv_handle_t *)&a->poll, NULL);
	lameduck_listener_end(a->server->duck, a->fd);
	(void)close(a->fd);
	a->fd = -1;
	a->is_listening = false;
}

void accepting_finish(struct accepting *a)
{
	if (!a->server)
		return;
	accepting_close(a, false);
	uv_close((uv_handle_t *)&a->retry, NULL);
}
