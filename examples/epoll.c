// SPDX-License-Identifier: Apache-2.0
/* epoll.c - a complete server on epoll(7) that loses nothing when it is told to stop: epoll [PORT]
 *
 * What lameduck wants: (1) its descriptor is polled, and dispatched when readable; (2) the listener is lent to it, and
 * closed when it says so; (3) connections are begun and ended; (4) the last answer is followed by a lingering close;
 * (5) what is open at the deadline is counted as cut. Requests, and which answer is the last, are in talk.h.
 */
#include "example.h"
#include "talk.h"

#include <sys/epoll.h>

struct client {
	struct client *next, **link; /* in `clients`, or in `closing` */
	struct talk talk;
	int fd;
	bool is_closing;
	struct lameduck_close closing;
};

static struct client *clients, *closing;
static struct lameduck *duck;
static int loop, listening;

/* What belongs to no client is told apart by the address of where its descriptor is kept. */
static void watch(int how, int fd, uint32_t events, void *who)
{
	struct epoll_event e = {.events = events, .data.ptr = who};
	if (epoll_ctl(loop, how, fd, &e) == -1)
		perror("cannot watch");
}

static void client_put(struct client **list, struct client *c)
{
	c->next = *list;
	c->link = list;
	if (c->next)
		c->next->link = &c->next;
	*list = c;
}

static void client_take(struct client *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
}

static void client_begin(int fd)
{
	struct client *c = calloc(1, sizeof *c);
	if (!c || !lameduck_connection_begin(duck)) { /* 3 */
		free(c);
		close(fd);
		return;
	}
	c->fd = fd;
	client_put(&clients, c);
	watch(EPOLL_CTL_ADD, fd, EPOLLIN, c);
}

static void client_end(struct client *c, enum lameduck_end end)
{
	client_take(c);
	close(c->fd);
	free(c);
	lameduck_connection_end(duck, end); /* 3 */
}

static void client_turn(struct client *c)
{
	bool was_writing = c->talk.unsent > 0;
	if (c->is_closing) {
		if (lameduck_close_step(&c->closing)) /* 4 */
			client_end(c, LAMEDUCK_DONE);
		return;
	}
	if ((!was_writing && !talk_recv(&c->talk, c->fd, duck)) || !talk_send(&c->talk, c->fd, duck)) {
		client_end(c, talk_left(&c->talk, duck));
		return;
	}
	if (was_writing != (c->talk.unsent > 0))
		watch(EPOLL_CTL_MOD, c->fd, was_writing ? EPOLLIN : EPOLLOUT, c);
	c->is_closing = talk_is_over(&c->talk);
	if (c->is_closing) {
		client_take(c);
		client_put(&closing, c);
		lameduck_close_begin(&c->closing, c->fd, LINGER_MS); /* 4 */
	}
}

static void accept_all(void)
{
	for (int fd; (fd = accept_from(listening)) != -1;)
		client_begin(fd);
}

/* 2: no handshake is under way any more: what is in the queue now is the last. */
static void on_listener(struct lameduck *l, int fd, void *data)
{
	accept_all();
	lameduck_listener_end(l, fd);
	close(fd);
}

/* Those who linger have a time, and no event when it is over: a look now and then will do. */
static void look_at_closing(void)
{
	for (struct client *c = closing, *next; c; c = next) {
		next = c->next;
		if (lameduck_close_left_ms(&c->closing) == 0)
			client_turn(c);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	loop = epoll_create1(EPOLL_CLOEXEC);
	duck = duck_create(log_change, on_listener, NULL);
	listening = listen_at(argc, argv);
	watch(EPOLL_CTL_ADD, lameduck_fd(duck), EPOLLIN, &duck); /* 1 */
	watch(EPOLL_CTL_ADD, listening, EPOLLIN, &listening);
	lameduck_listener_begin(duck, listening); /* 2 */
	lameduck_ready(duck);
	while (lameduck_get_state(duck) != LAMEDUCK_STOPPED) {
		bool is_dispatched = false;
		int n = epoll_wait(loop, events, 64, LINGER_MS / 4);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &duck)
				is_dispatched = true;
			else if (events[i].data.ptr == &listening)
				accept_all();
			else
				client_turn(events[i].data.ptr);
		}
		if (is_dispatched)
			lameduck_dispatch(
				duck); /* 1: last, as it may close the listener that others of this turn mean */
		look_at_closing();
	}
	for (struct client *c; (c = clients ? clients : closing);)
		client_end(c, talk_cut(&c->talk, c->fd, duck)); /* 5 */
	return duck_finish(duck);
}
