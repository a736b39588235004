// SPDX-License-Identifier: Apache-2.0
/* libevent.c - a complete server on libevent that loses nothing when it is told to stop: libevent [PORT]
 * What lameduck wants: (1) its descriptor is polled, and dispatched when readable; (2) the listener is lent to it, and
 * closed when it says so; (3) connections are begun and ended; (4) the last answer is followed by a lingering close;
 * (5) what is open at the deadline is counted as cut. Requests, and which answer is the last, are in talk.h.
 *
 * Bufferevents and not evhttp: evhttp closes right behind its last byte (4), and does not tell of the end of a
 * connection on which nothing was asked yet (3), so that a drain would either lose those or wait for them for ever.
 */
#include "example.h"
#include "talk.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

struct client {
	struct client *next, **link;
	struct bufferevent *buffered;
	struct event *linger;
	struct talk talk;
	struct lameduck_close closing;
	bool is_left; /* by the client */
};

static struct event_base *base;
static struct evconnlistener *listener;
static struct lameduck *duck;
static struct client *clients;

static void client_end(struct client *c, enum lameduck_end end)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	bufferevent_free(c->buffered); /* and its socket */
	event_free(c->linger);
	free(c);
	lameduck_connection_end(duck, end); /* 3 */
}

/* 4: the client had its time to close, or to read on. */
static void on_linger(evutil_socket_t fd, short events, void *data)
{
	struct client *c = data;
	if (lameduck_close_step(&c->closing))
		client_end(c, LAMEDUCK_DONE);
}

/* Reads and answers in turn, as far as it goes: libevent keeps what is still to be read, and what is still to be sent.
 */
static void client_advance(struct client *c)
{
	struct talk *t = &c->talk;
	struct evbuffer *input = bufferevent_get_input(c->buffered);
	while (!t->unsent && !talk_is_over(t) && evbuffer_get_length(input))
		talk_read(t, bufferevent_read(c->buffered, t->in + t->have, talk_room(t)), duck);
	if (t->unsent) {
		bufferevent_write(c->buffered, t->out, t->unsent);
	} else if (c->is_left) {
		client_end(c, talk_left(t, duck));
	} else if (talk_is_over(t)) {
		static const struct timeval now_and_then = {.tv_usec = LINGER_MS / 4 * 1000};
		lameduck_close_begin(&c->closing, bufferevent_getfd(c->buffered), LINGER_MS); /* 4 */
		event_add(c->linger, &now_and_then);
	}
}

static void on_readable(struct bufferevent *buffered, void *data)
{
	struct client *c = data;
	if (talk_is_over(&c->talk))
		evbuffer_drain(bufferevent_get_input(buffered), REQUEST_MAX); /* nobody listens any more */
	else if (!c->talk.unsent)
		client_advance(c);
}

static void on_written(struct bufferevent *buffered, void *data)
{
	struct client *c = data;
	if (c->talk.unsent) {
		talk_wrote(&c->talk, c->talk.unsent, duck);
		client_advance(c);
	}
}

/* A client may close its side behind its last request, and wait for the answer. */
static void on_event(struct bufferevent *buffered, short events, void *data)
{
	struct client *c = data;
	c->is_left = true;
	if (!(events & BEV_EVENT_EOF) || !c->talk.unsent)
		client_end(c, talk_left(&c->talk, duck));
}

static void client_begin(int fd)
{
	struct client *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->buffered = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->linger = event_new(base, -1, EV_PERSIST, on_linger, c);
	c->link = &clients;
	c->next = clients;
	if (c->next)
		c->next->link = &c->next;
	clients = c;
	bufferevent_setcb(c->buffered, on_readable, on_written, on_event, c);
	bufferevent_setwatermark(c->buffered, EV_READ, 0, REQUEST_MAX);
	bufferevent_enable(c->buffered, EV_READ | EV_WRITE);
	(void)lameduck_connection_begin(duck); /* 3 */
}

static void on_connection(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int size, void *data)
{
	client_begin(fd);
}

/* 2: what is in the queue now is the last, and libevent would come to it too late. */
static void on_listener(struct lameduck *l, int listening, void *data)
{
	for (int fd; (fd = accept_from(listening)) != -1;)
		client_begin(fd);
	lameduck_listener_end(l, listening);
	evconnlistener_free(listener);
}

static void on_duck(evutil_socket_t fd, short events, void *data)
{
	if (lameduck_dispatch(duck) == LAMEDUCK_STOPPED) /* 1 */
		event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
	int listening = listen_at(argc, argv);
	base = event_base_new();
	duck = duck_create(log_change, on_listener, NULL);
	event_add(event_new(base, lameduck_fd(duck), EV_READ | EV_PERSIST, on_duck, NULL), NULL); /* 1 */
	listener = evconnlistener_new(base, on_connection, NULL, LEV_OPT_CLOSE_ON_FREE, -1, listening);
	lameduck_listener_begin(duck, listening); /* 2 */
	lameduck_ready(duck);
	event_base_dispatch(base);
	while (clients)
		client_end(clients, talk_cut(&clients->talk, bufferevent_getfd(clients->buffered), duck)); /* 5 */
	return duck_finish(duck);
}
