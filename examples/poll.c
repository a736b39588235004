// SPDX-License-Identifier: Apache-2.0
/* poll.c - a complete server on poll(2) that loses nothing when it is told to stop: poll [PORT]
 *
 * What lameduck wants: (1) its descriptor is polled, and dispatched when readable; (2) the listener is lent to it, and
 * closed when it says so; (3) connections are begun and ended; (4) the last answer is followed by a lingering close;
 * (5) what is open at the deadline is counted as cut. Requests, and which answer is the last, are in talk.h.
 */
#include "example.h"
#include "talk.h"

#include <poll.h>

#define CLIENTS 1000
enum { DUCK, LISTENER, FIRST };

struct client {
	struct talk talk;
	bool is_closing;
	struct lameduck_close closing;
};

static struct pollfd polled[FIRST + CLIENTS]; /* -1: no such client */
static struct client clients[CLIENTS];
static struct lameduck *duck;
static bool is_retired; /* the listener */

static void client_end(int i, enum lameduck_end end)
{
	close(polled[FIRST + i].fd);
	polled[FIRST + i].fd = -1;
	lameduck_connection_end(duck, end); /* 3 */
}

static void client_turn(int i)
{
	struct client *c = &clients[i];
	struct pollfd *p = &polled[FIRST + i];
	if (c->is_closing) {
		if (lameduck_close_step(&c->closing)) /* 4 */
			client_end(i, LAMEDUCK_DONE);
		return;
	}
	if ((!c->talk.unsent && !talk_recv(&c->talk, p->fd, duck)) || !talk_send(&c->talk, p->fd, duck)) {
		client_end(i, talk_left(&c->talk, duck));
		return;
	}
	p->events = c->talk.unsent ? POLLOUT : POLLIN;
	c->is_closing = talk_is_over(&c->talk);
	if (c->is_closing)
		lameduck_close_begin(&c->closing, p->fd, LINGER_MS); /* 4 */
}

/* Takes all that wait, as long as there is room; the rest wait in the kernel's queue. */
static void accept_all(void)
{
	struct pollfd *p = &polled[LISTENER];
	p->events = 0;
	for (int i = 0; i < CLIENTS; i++) {
		if (polled[FIRST + i].fd != -1)
			continue;
		int fd = accept_from(p->fd);
		if (fd == -1) {
			p->events = POLLIN;
			break;
		}
		(void)lameduck_connection_begin(duck); /* 3 */
		clients[i] = (struct client){0};
		polled[FIRST + i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	if (p->events && is_retired) {
		lameduck_listener_end(duck, p->fd); /* 2 */
		close(p->fd);
		p->fd = -1;
	}
}

/* 2: no handshake is under way any more: what is in the queue now is the last. */
static void on_listener(struct lameduck *l, int fd, void *data)
{
	is_retired = true;
	accept_all();
}

int main(int argc, char **argv)
{
	duck = duck_create(log_change, on_listener, NULL);
	polled[DUCK] = (struct pollfd){.fd = lameduck_fd(duck), .events = POLLIN};
	polled[LISTENER] = (struct pollfd){.fd = listen_at(argc, argv), .events = POLLIN};
	for (int i = 0; i < CLIENTS; i++)
		polled[FIRST + i].fd = -1;
	lameduck_listener_begin(duck, polled[LISTENER].fd); /* 2 */
	lameduck_ready(duck);
	while (lameduck_get_state(duck) != LAMEDUCK_STOPPED) {
		poll(polled, FIRST + CLIENTS, LINGER_MS / 4); /* now and then a look at those who linger */
		for (int i = 0; i < CLIENTS; i++)
			if (polled[FIRST + i].fd != -1 && (polled[FIRST + i].revents || clients[i].is_closing))
				client_turn(i);
		if (polled[LISTENER].fd != -1)
			accept_all();
		if (polled[DUCK].revents)
			lameduck_dispatch(duck); /* 1 */
	}
	for (int i = 0; i < CLIENTS; i++)
		if (polled[FIRST + i].fd != -1)
			client_end(i, talk_cut(&clients[i].talk, polled[FIRST + i].fd, duck)); /* 5 */
	return duck_finish(duck);
}
