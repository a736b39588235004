/* answering.h - a server on the load's own loop that answers every request at once: whoever waits for it waits for
 * himself, so that what happens does not depend on how busy the machine is. */
#ifndef TESTS_LOAD_ANSWERING_H
#define TESTS_LOAD_ANSWERING_H

#include "silent.h"

#include <errno.h>
#include <fcntl.h>
#include <uv.h>

#define ANSWERING_PEERS 4096

struct answering {
	struct silent listener;
	uv_poll_t poll;
	uv_poll_t peers[ANSWERING_PEERS];
	int count;
	int laziness, turn; /* answers in one of so many turns of the loop */
	uv_prepare_t prepare;
	const char *answer;
};

static inline void answering_on_request(uv_poll_t *peer, int status, int events)
{
	struct answering *a = peer->data;
	if (a->turn % a->laziness)
		return;
	char request[4096];
	int fd = -1;
	uv_fileno((uv_handle_t *)peer, &fd);
	ssize_t n = recv(fd, request, sizeof request, MSG_DONTWAIT);
	if (n > 0 && send(fd, a->answer, strlen(a->answer), MSG_NOSIGNAL) > 0)
		return;
	if (n == -1 && errno == EAGAIN)
		return;
	uv_close((uv_handle_t *)peer, NULL);
	(void)close(fd);
}

static inline void answering_on_connection(uv_poll_t *poll, int status, int events)
{
	struct answering *a = poll->data;
	int fd;
	while ((fd = accept4(a->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		assert_true(a->count < ANSWERING_PEERS);
		uv_poll_t *peer = &a->peers[a->count++];
		assert_int_equal(uv_poll_init(poll->loop, peer, fd), 0);
		peer->data = a;
		uv_poll_start(peer, UV_READABLE, answering_on_request);
	}
}

static inline void answering_on_turn(uv_prepare_t *prepare)
{
	struct answering *a = prepare->data;
	a->turn++;
}

static inline void answering_open(struct answering *a, uv_loop_t *loop, int laziness)
{
	memset(a, 0, sizeof *a);
	a->laziness = laziness;
	uv_prepare_init(loop, &a->prepare);
	a->prepare.data = a;
	uv_prepare_start(&a->prepare, answering_on_turn);
	a->listener = silent_open();
	a->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	(void)fcntl(a->listener.fd, F_SETFL, O_NONBLOCK);
	uv_poll_init(loop, &a->poll, a->listener.fd);
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_READABLE, answering_on_connection);
}

/* Its peers go when their clients have gone. */
static inline void answering_close(struct answering *a)
{
	uv_close((uv_handle_t *)&a->poll, NULL);
	uv_close((uv_handle_t *)&a->prepare, NULL);
	a->laziness = 1;
	silent_close(&a->listener);
}

#endif
