// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "tls_io.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void stream_init(struct stream *s, int fd)
{
	*s = (struct stream){.fd = fd};
}

void stream_close(struct stream *s)
{
	tls_io_free(s);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

static ssize_t stream_result(struct stream *s, ssize_t n, int wants)
{
	if (n >= 0)
		return n;
	s->wants = errno == EAGAIN ? wants : 0;
	return -errno;
}

ssize_t stream_receive(struct stream *s, void *buffer, size_t length)
{
	if (s->tls)
		return tls_io_receive(s, buffer, length);
	ssize_t n;
	do
		n = recv(s->fd, buffer, length, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return stream_result(s, n, STREAM_READABLE);
}

ssize_t stream_send(struct stream *s, const struct iovec *parts, int count)
{
	if (s->tls)
		return tls_io_send(s, parts, count);
	struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
	ssize_t n;
	do /* one part, as most: the shorter way into the kernel */
		n = count == 1 ? send(s->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
			       : sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return stream_result(s, n, STREAM_WRITABLE);
}

int stream_shutdown(struct stream *s)
{
	if (s->tls && tls_io_end(s) == -EAGAIN)
		return -EAGAIN;
	(void)shutdown(s->fd, SHUT_WR);
	return 0;
}

bool stream_has_pending(const struct stream *s)
{
	return s->tls && tls_io_has_pending(s);
}
