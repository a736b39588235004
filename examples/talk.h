/* talk.h - what is said on one connection: bytes in, bytes out, and what lameduck wants to be told and
 * asked about requests. Just enough HTTP/1.1 for examples: a server in earnest has a real parser, such as llhttp. This
 * one takes no chunked content and refuses what it does not understand. */
#ifndef TALK_H
#define TALK_H

#include <errno.h>
#include <lameduck.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX 8192
#define ANSWER_MAX 256

struct talk {
	size_t have, unsent; /* bytes in `in` and `out` */
	bool is_working;     /* on a request that lameduck was told of */
	bool is_last;        /* the connection ends with what is in `out` */
	char in[REQUEST_MAX + 1], out[ANSWER_MAX];
};

struct request {
	int status;    /* to answer with; 0: it is not all there yet */
	size_t length; /* of the whole request */
	char path[64];
	bool is_last; /* the client, or an error, ends the connection with it */
};

static inline const char *field_find(const char *data, const char *end, const char *field)
{
	const char *found = strcasestr(data, field);
	return found && found < end ? found + strlen(field) : NULL;
}

static inline struct request request_parse(const char *data, size_t size)
{
	struct request r = {.status = 200};
	const char *end = strstr(data, "\r\n\r\n"), *length;
	if (!end) {
		r.status = size < REQUEST_MAX ? 0 : 431;
		r.is_last = true;
		return r;
	}
	length = field_find(data, end, "\r\nContent-Length:");
	size_t body = length ? strtoul(length, NULL, 10) : 0;
	r.length = (size_t)(end - data) + 4 + (body < REQUEST_MAX ? body : REQUEST_MAX);
	if (sscanf(data, "%*15[A-Z] %63[^ \r\n] HTTP/1.", r.path) != 1)
		r.status = 400;
	else if (field_find(data, end, "\r\nTransfer-Encoding:"))
		r.status = 501;
	else if (r.length > REQUEST_MAX)
		r.status = 413;
	else if (r.length > size)
		r.status = 0;
	r.is_last =
		r.status != 200 || field_find(data, end, "\r\nConnection: close") || !memcmp(end - 8, "HTTP/1.0", 8);
	return r;
}

/* Probes go on while the server ends, and say nothing of traffic: lameduck is asked for them, not told of them. */
static inline bool path_is_probe(const char *path)
{
	return !strcmp(path, "/livez") || !strcmp(path, "/readyz");
}

/* Takes the next request, if it is all there, and puts its answer into `out`. */
static inline void talk_serve(struct talk *t, struct lameduck *duck)
{
	if (t->unsent || t->is_last)
		return;
	struct request r = request_parse(t->in, t->have);
	if (r.status == 0)
		return;
	t->is_working = !path_is_probe(r.path);
	if (t->is_working)
		lameduck_request_begin(duck);
	else if (!strcmp(r.path, "/readyz") && !lameduck_is_ready(duck))
		r.status = 503;
	t->is_last = r.is_last || lameduck_must_close(duck);
	const char *body = r.status == 200 ? "hello\n" : "no\n";
	t->unsent = (size_t)snprintf(t->out, ANSWER_MAX, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n%s\r\n%s", r.status,
				     r.status == 200 ? "OK" : "Refused", strlen(body),
				     t->is_last ? "Connection: close\r\n" : "", body);
	t->have -= t->is_last ? t->have : r.length; /* behind the last request nothing is heard */
	if (t->have)
		memmove(t->in, t->in + r.length, t->have);
	t->in[t->have] = '\0';
}

/* `n` bytes were read to the end of `in`, where there is room for talk_room(). */
static inline void talk_read(struct talk *t, size_t n, struct lameduck *duck)
{
	t->have += n;
	t->in[t->have] = '\0';
	talk_serve(t, duck);
}

static inline size_t talk_room(const struct talk *t)
{
	return REQUEST_MAX - t->have;
}

/* The first `n` bytes of `out` were written. What a client sent behind one request is the next. */
static inline void talk_wrote(struct talk *t, size_t n, struct lameduck *duck)
{
	t->unsent -= n;
	memmove(t->out, t->out + n, t->unsent);
	if (t->unsent == 0 && t->is_working)
		lameduck_request_end(duck, LAMEDUCK_DONE);
	t->is_working = t->is_working && t->unsent;
	talk_serve(t, duck);
}

/* Both for loops that tell when a socket is ready, and leave the rest to us. False: the client is gone. */
static inline bool talk_recv(struct talk *t, int fd, struct lameduck *duck)
{
	ssize_t n = recv(fd, t->in + t->have, talk_room(t), MSG_DONTWAIT);
	if (n > 0)
		talk_read(t, (size_t)n, duck);
	return n > 0 || (n == -1 && errno == EAGAIN);
}

static inline bool talk_send(struct talk *t, int fd, struct lameduck *duck)
{
	while (t->unsent) {
		ssize_t n = send(fd, t->out, t->unsent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1)
			return errno == EAGAIN;
		talk_wrote(t, (size_t)n, duck);
	}
	return true;
}

/* The last answer is written: time for lameduck_close_begin. */
static inline bool talk_is_over(const struct talk *t)
{
	return t->is_last && t->unsent == 0;
}

/* The client has gone, with or without its answer: what it left undone is not ours. */
static inline enum lameduck_end talk_left(struct talk *t, struct lameduck *duck)
{
	if (t->is_working)
		lameduck_request_end(duck, LAMEDUCK_DONE);
	return LAMEDUCK_DONE;
}

/* The time is over, and the connection `fd` is about to be closed: what is lost by that? */
static inline enum lameduck_end talk_cut(struct talk *t, int fd, struct lameduck *duck)
{
	if (t->is_working)
		lameduck_request_end(duck, LAMEDUCK_CUT_ANSWERING);
	if (t->is_working || t->is_last)
		return LAMEDUCK_DONE;
	return t->have || !lameduck_close_is_idle(fd) ? LAMEDUCK_CUT_READING : LAMEDUCK_CUT_IDLE;
}

#endif
