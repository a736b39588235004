// SPDX-License-Identifier: Apache-2.0
#include "poller.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

static uint32_t poller_to_epoll(int events)
{
	return (events & POLLER_READABLE ? EPOLLIN | EPOLLRDHUP : 0u) | (events & POLLER_WRITABLE ? EPOLLOUT : 0u);
}

static int poller_from_epoll(uint32_t events)
{
	int told = 0;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		told |= POLLER_READABLE | POLLER_ENDING;
	if (events & EPOLLIN)
		told |= POLLER_READABLE;
	if (events & (EPOLLOUT | EPOLLERR))
		told |= POLLER_WRITABLE;
	return told;
}

/* Tells what is ready, and says how many there were; among them may be the loop. */
static int poller_turn(struct poller *p, int timeout_ms, bool *ret_loop_is_ready)
{
	int count = epoll_wait(p->fd, p->batch, POLLER_BATCH, timeout_ms), told = 0;
	for (int i = 0; i < count; i++) {
		struct watch *w = p->batch[i].data.ptr;
		if (!w)
			continue;
		w->ready(w, poller_from_epoll(p->batch[i].events));
		told++;
	}
	*ret_loop_is_ready = count > told;
	if (told)
		p->turned(p->data);
	return count;
}

static void poller_on_poll(uv_poll_t *poll, int status, int events)
{
	bool loop_is_ready;
	(void)poller_turn(poll->data, 0, &loop_is_ready);
}

/* Watches until the loop has something to do, at its own timers' time at the latest. */
static void poller_watch_beside(struct poller *p, uv_loop_t *loop)
{
	bool is_loops_turn = false;
	while (p->fd >= 0 && !is_loops_turn) {
		uv_update_time(loop);
		int timeout_ms = uv_loop_alive(loop) ? uv_backend_timeout(loop) : -1;
		int count = poller_turn(p, timeout_ms, &is_loops_turn);
		if (count <= 0 || timeout_ms == 0)
			is_loops_turn = true;
	}
}

void poller_run(struct poller *p)
{
	uv_loop_t *loop = p->poll.loop;
	struct epoll_event whole_loop = {.events = EPOLLIN, .data.ptr = NULL};
	(void)uv_poll_stop(&p->poll);
	bool is_round = epoll_ctl(p->fd, EPOLL_CTL_ADD, uv_backend_fd(loop), &whole_loop) == 0;
	while (is_round && p->fd >= 0) {
		(void)uv_run(loop, UV_RUN_NOWAIT);
		poller_watch_beside(p, loop);
	}
	if (!is_round)
		(void)uv_poll_start(&p->poll, UV_READABLE, poller_on_poll);
	(void)uv_run(loop, UV_RUN_DEFAULT);
}

int poller_init(struct poller *p, uv_loop_t *loop, void (*turned)(void *data), void *data, struct err *err)
{
	p->turned = turned;
	p->data = data;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd == -1)
		return err_system(err, errno, "epoll");
	int rc = uv_poll_init(loop, &p->poll, p->fd);
	if (rc < 0) {
		(void)close(p->fd);
		return err_system(err, -rc, "watch the sockets");
	}
	p->poll.data = p;
	(void)uv_poll_start(&p->poll, UV_READABLE, poller_on_poll);
	return 0;
}

int poller_add(struct poller *p, struct watch *w, int fd, int events)
{
	struct epoll_event e = {.events = poller_to_epoll(events), .data.ptr = w};
	w->fd = fd;
	w->events = events;
	return epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &e) == -1 ? -errno : 0;
}

void poller_change(struct poller *p, struct watch *w, int events)
{
	struct epoll_event e = {.events = poller_to_epoll(events), .data.ptr = w};
	if (w->events == events)
		return;
	w->events = events;
	(void)epoll_ctl(p->fd, EPOLL_CTL_MOD, w->fd, &e);
}

static void poller_on_closed(uv_handle_t *handle)
{
	struct poller *p = handle->data;
	p->closed(p->data);
}

void poller_close(struct poller *p, void (*closed)(void *data))
{
	p->closed = closed;
	uv_close((uv_handle_t *)&p->poll, poller_on_closed);
	(void)close(p->fd);
	p->fd = -1;
}
