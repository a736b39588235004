// SPDX-License-Identifier: Apache-2.0
#include "tls_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define RECORD_MAX 16384 /* what fits into one record */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

/* errno of the socket in the call that is going on: what OpenSSL does afterwards may change errno itself. */
static _Thread_local int socket_error;

static int tls_io_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int on_read(BIO *bio, char *buffer, int length)
{
	ssize_t n;
	BIO_clear_retry_flags(bio);
	do
		n = recv(tls_io_fd(bio), buffer, (size_t)length, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		BIO_set_retry_read(bio);
	else if (n == -1)
		socket_error = errno;
	return (int)n;
}

static int on_write(BIO *bio, const char *data, int length)
{
	ssize_t n;
	BIO_clear_retry_flags(bio);
	do
		n = send(tls_io_fd(bio), data, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		BIO_set_retry_write(bio);
	else if (n == -1)
		socket_error = errno;
	return (int)n;
}

/* The end of the connection is not told (BIO_CTRL_EOF): OpenSSL would break the connection off with an alert, though
 * the other direction may still be in use. */
static long on_control(BIO *bio, int command, long number, void *pointer)
{
	return command == BIO_CTRL_FLUSH;
}

static void make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "zerodrop socket");
	if (!m)
		return;
	BIO_meth_set_read(m, on_read);
	BIO_meth_set_write(m, on_write);
	BIO_meth_set_ctrl(m, on_control);
	method = m;
}

int tls_io_attach(struct stream *s, struct ssl_st *tls)
{
	pthread_once(&once, make_method);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return -ENOMEM;
	BIO_set_data(bio, (void *)(intptr_t)s->fd);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls, bio, bio);
	s->tls = tls;
	return 0;
}

void tls_io_free(struct stream *s)
{
	SSL_free(s->tls);
	s->tls = NULL;
}

void tls_io_prepare(void)
{
	ERR_clear_error();
	socket_error = 0;
}

static int tls_io_again(struct stream *s, int wants)
{
	s->wants = wants;
	return -EAGAIN;
}

int tls_io_failure(struct stream *s, int returned)
{
	int number = socket_error;
	unsigned long reason;
	s->wants = 0;
	switch (SSL_get_error(s->tls, returned)) {
	case SSL_ERROR_WANT_READ:
		return tls_io_again(s, STREAM_READABLE);
	case SSL_ERROR_WANT_WRITE:
		return tls_io_again(s, STREAM_WRITABLE);
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SSL:
		reason = ERR_peek_error();
		s->is_broken = true;
		if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			break;
		s->reason = reason;
		return -EPROTO;
	default: /* SSL_ERROR_SYSCALL */
		if (number) {
			s->is_broken = true;
			return -number;
		}
	}
	s->was_cut = true;
	return 0;
}

/* Nothing more to read, for now or for ever; `got` bytes are handed out first. */
static ssize_t tls_io_received(struct stream *s, size_t got, int rc)
{
	s->is_drained = true;
	s->is_withheld = got && rc != -EAGAIN;
	if (rc < 0 && rc != -EAGAIN)
		s->error = rc; /* the kernel tells it once only */
	return got ? (ssize_t)got : rc;
}

/* One call for as much as is there: like recv(), to hand out less than was asked for means that the rest has not been
 * received yet. */
ssize_t tls_io_receive(struct stream *s, char *buffer, size_t length)
{
	size_t got = 0;
	s->is_withheld = false;
	if (s->error)
		return s->error;
	do {
		size_t n = 0;
		tls_io_prepare();
		int returned = SSL_read_ex(s->tls, buffer + got, length - got, &n);
		if (returned <= 0)
			return tls_io_received(s, got, tls_io_failure(s, returned));
		got += n;
		s->is_drained = false;
	} while (got < length && SSL_has_pending(s->tls));
	return (ssize_t)got;
}

/* The parts in one record, as far as they fit: a small head and a small body are not worth two. */
static const void *tls_io_join(const struct iovec *parts, int count, char joined[RECORD_MAX], size_t *ret_length)
{
	while (count && !parts->iov_len) {
		parts++;
		count--;
	}
	if (count <= 1 || parts->iov_len >= RECORD_MAX) {
		*ret_length = !count ? 0 : parts->iov_len < RECORD_MAX ? parts->iov_len : RECORD_MAX;
		return count ? parts->iov_base : NULL;
	}
	size_t length = 0;
	for (int i = 0; i < count && length < RECORD_MAX; i++) {
		size_t room = RECORD_MAX - length, n = parts[i].iov_len < room ? parts[i].iov_len : room;
		if (n)
			memcpy(joined + length, parts[i].iov_base, n);
		length += n;
	}
	*ret_length = length;
	return joined;
}

ssize_t tls_io_send(struct stream *s, const struct iovec *parts, int count)
{
	char joined[RECORD_MAX];
	size_t length, n = 0;
	const void *data = tls_io_join(parts, count, joined, &length);
	if (length == 0)
		return 0;
	tls_io_prepare();
	int returned = SSL_write_ex(s->tls, data, length, &n);
	if (returned > 0)
		return (ssize_t)n;
	int rc = tls_io_failure(s, returned);
	return rc ? rc : -EPIPE; /* an end, where bytes were to go out */
}

bool tls_io_has_pending(const struct stream *s)
{
	/* What OpenSSL holds may be the beginning of a record, which is nothing to hand out. */
	return s->is_withheld || (!s->is_drained && SSL_has_pending(s->tls));
}

int tls_io_end(struct stream *s)
{
	if (s->is_ended || s->is_broken || !SSL_is_init_finished(s->tls))
		return 0;
	tls_io_prepare();
	int returned = SSL_shutdown(s->tls);
	if (returned < 0 && tls_io_failure(s, returned) == -EAGAIN)
		return -EAGAIN;
	s->is_ended = true;
	return 0;
}
