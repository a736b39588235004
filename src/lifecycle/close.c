// SPDX-License-Identifier: Apache-2.0
#include <lameduck.h>

#include "instant.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Read in one step, so that a peer that never stops talking does not hold the loop. */
#define STEP_MOST (64 * 1024)
/* Thrown away in all, before we stop listening to such a peer. */
#define LATE_MOST (16 * 1024 * 1024)

/* Our bytes that the peer has not acknowledged; 0 where nobody can say. */
static int unsent_bytes(int fd)
{
	int unsent = 0;
	return ioctl(fd, SIOCOUTQ, &unsent) == -1 ? 0 : unsent;
}

void lameduck_close_begin(struct lameduck_close *c, int fd, int linger_ms)
{
	*c = (struct lameduck_close){.fd = fd, .linger_ms = linger_ms, .unsent = unsent_bytes(fd)};
	c->due_ns = lameduck_now_ns() + linger_ms * NS_PER_MS;
	(void)shutdown(fd, SHUT_WR); /* a peer that is gone shows when we read */
}

/* The time is over; who still reads what it is owed, however slowly, gets it again. */
static bool close_is_due(struct lameduck_close *c, int64_t now_ns)
{
	int before = c->unsent;
	if (now_ns < c->due_ns)
		return false;
	c->unsent = unsent_bytes(c->fd);
	if (c->unsent == 0 || c->unsent >= before)
		return true;
	c->due_ns = now_ns + c->linger_ms * NS_PER_MS;
	return false;
}

bool lameduck_close_step(struct lameduck_close *c)
{
	char nowhere[STEP_MOST / 8];
	for (int i = 0; i < 8; i++) {
		ssize_t n = recv(c->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return true;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n > 0 && (c->late += (uint64_t)n) > LATE_MOST)
			return true;
	}
	return close_is_due(c, lameduck_now_ns());
}

int lameduck_close_left_ms(const struct lameduck_close *c)
{
	return lameduck_ms_until(c->due_ns, lameduck_now_ns());
}

bool lameduck_close_is_idle(int fd)
{
	char byte;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}
