// SPDX-License-Identifier: Apache-2.0
#include "accepting.h"

#include "connection.h"
#include "net/listen.h"
#include "server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Connections accepted per turn of the loop, so that a flood of them does not keep a signal waiting. */
#define ACCEPT_TURN 64
/* When descriptors ran out: try again then. */
#define ACCEPT_RETRY_MS 50

static void on_acceptable(uv_poll_t *poll, int status, int events);
static void on_look(uv_timer_t *timer);

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

/* 0 when `most` were taken, -EAGAIN when none is left, else why accepting fails. */
static int accepting_take(struct accepting *a, int most)
{
	struct server *s = a->server;
	for (int i = 0; i < most; i++) {
		int fd = listen_accept(a->fd);
		if (fd < 0)
			return fd;
		struct lane *l = accepting_choose(a);
		s->open++;
		__atomic_add_fetch(&l->open, 1, __ATOMIC_RELAXED);
		if (l == s->lanes[0])
			connection_create(l, fd);
		else
			lane_give(l, fd);
	}
	return 0;
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct accepting *a = poll->data;
	int rc = accepting_take(a, ACCEPT_TURN);
	if (rc == 0 || rc == -EAGAIN || a->is_retiring)
		return;
	/* Descriptors or memory ran out: the queue stays, and polling it now would spin. */
	uv_poll_stop(&a->poll);
	uv_timer_start(&a->look, on_look, ACCEPT_RETRY_MS, 0);
	struct err err = {0};
	(void)err_system(&err, -rc, "cannot accept");
	server_log_failure(&err);
}

/* The retiring listener's turn, and the one that failed to accept. */
static void on_look(uv_timer_t *timer)
{
	struct accepting *a = timer->data;
	int rc = accepting_take(a, a->is_retiring ? INT32_MAX : ACCEPT_TURN);
	if (!a->is_retiring) {
		uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
		return;
	}
	if (rc == -EAGAIN && listener_is_done(&a->retiring, clock_ns())) {
		accepting_close(a, true);
		server_look(a->server);
		return;
	}
	uv_timer_start(&a->look, on_look, LISTENER_LOOK_NS / NS_PER_MS, 0);
}

int accepting_open(struct accepting *a, struct server *s, struct err *err)
{
	*a = (struct accepting){.server = s, .fd = -1};
	uv_timer_init(&s->lanes[0]->loop, &a->look);
	a->poll.data = a->look.data = a;
	return listen_open(s->config->address, s->config->port, &a->fd, &a->port, err);
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
	a->is_listening = true;
	uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	printf(strchr(address, ':') ? "listening on [%s]:%u\n" : "listening on %s:%u\n", address, a->port);
	fflush(stdout);
	return 0;
}

void accepting_retire(struct accepting *a)
{
	struct err err = {0};
	if (listener_retire(&a->retiring, a->fd, clock_ns(), &err) < 0)
		server_log_failure(&err);
	a->is_retiring = true;
	uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	uv_timer_start(&a->look, on_look, 0, 0);
}

void accepting_close(struct accepting *a, bool takes_queued)
{
	if (a->fd < 0)
		return;
	if (takes_queued)
		(void)accepting_take(a, INT32_MAX);
	uv_timer_stop(&a->look);
	if (a->is_listening)
		uv_close((uv_handle_t *)&a->poll, NULL);
	(void)close(a->fd);
	a->fd = -1;
	a->is_listening = a->is_retiring = false;
}

void accepting_finish(struct accepting *a)
{
	if (!a->server)
		return;
	accepting_close(a, false);
	uv_close((uv_handle_t *)&a->look, NULL);
}
