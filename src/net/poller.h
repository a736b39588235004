/* poller.h - watches many sockets at the price of one call each, under a libuv loop.
 *
 * uv_poll_t takes five system calls for a socket's life, this one: it is an epoll set of its own that libuv watches as
 * one descriptor. What is ready is told socket by socket, then once that all have been: the place to do things in bulk.
 */
#ifndef NET_POLLER_H
#define NET_POLLER_H

#include "base/err.h"

#include <sys/epoll.h>
#include <uv.h>

#define POLLER_READABLE 1 /* libuv's bits, and the stream's */
#define POLLER_WRITABLE 2
#define POLLER_ENDING 4 /* told with READABLE, never asked for: the peer's end or an error is there to be read */

#define POLLER_BATCH 256 /* in one turn */

struct watch {
	int fd;
	int events; /* asked for */
	void (*ready)(struct watch *w, int events);
};

struct poller {
	uv_poll_t poll;
	int fd;
	void (*turned)(void *data);
	void (*closed)(void *data);
	void *data;
	struct epoll_event batch[POLLER_BATCH];
};

int poller_init(struct poller *p, uv_loop_t *loop, void (*turned)(void *data), void *data, struct err *err)
	__attribute__((warn_unused_result));
/* 0 or a negative errno. Closing the descriptor ends it (nobody else may hold it: no fork), but what was ready in the
 * same turn is still told: the watch's memory must last until `turned`. */
int poller_add(struct poller *p, struct watch *w, int fd, int events) __attribute__((warn_unused_result));
void poller_change(struct poller *p, struct watch *w, int events);
/* As uv_run(loop, UV_RUN_DEFAULT), with the two sets the other way round: the loop is one descriptor in ours. The
 * poller's memory must last until it returns. */
void poller_run(struct poller *p);
/* `closed` comes from the loop; the memory must last until then. Nothing is told any more. */
void poller_close(struct poller *p, void (*closed)(void *data));

#endif
