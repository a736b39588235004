// SPDX-License-Identifier: Apache-2.0
#include "poller.h"

#include <errno.h>
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

static void poller_on_poll(uv_poll_t *poll, int status, int events)
{
	struct poller *p = poll->data;
	int count = epoll_wait(p->fd, p->batch, POLLER_BATCH, 0);
	for (int i = 0; i < count; i++) {
		struct watch *w = p->batch[i].data.ptr;
		w->ready(w, poller_from_epoll(p->batch[i].events));
	}
	if (count > 0)
		p->turned(p->data);
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
}
