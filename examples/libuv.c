// SPDX-License-Identifier: Apache-2.0
/* libuv.c - a complete server on libuv that loses nothing when it is told to stop: libuv [PORT]
 * What lameduck wants: (1) its descriptor is polled, and dispatched when readable; (2) the listener is lent to it, and
 * closed when it says so; (3) connections are begun and ended; (4) the last answer is followed by a lingering close;
 * (5) what is open at the deadline is counted as cut. Requests, and which answer is the last, are in talk.h. */
#include "example.h"
#include "talk.h"
#include <uv.h>

struct client {
	uv_tcp_t tcp;
	uv_timer_t linger;
	uv_write_t write;
	struct talk talk;
	struct lameduck_close closing;
	uv_os_fd_t fd;
};

static struct lameduck *duck;
static uv_tcp_t listener;

static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	if (handle == (uv_handle_t *)&c->tcp)
		uv_close((uv_handle_t *)&c->linger, on_closed); /* one after the other: both are in the memory */
	else
		free(c);
}

static void client_end(struct client *c, enum lameduck_end end)
{
	uv_close((uv_handle_t *)&c->tcp, on_closed);
	lameduck_connection_end(duck, end); /* 3 */
}

static void on_linger(uv_timer_t *timer)
{
	struct client *c = timer->data;
	if (lameduck_close_step(&c->closing)) /* 4: it had its time to close, or to read on */
		client_end(c, LAMEDUCK_DONE);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct talk *t = &((struct client *)handle->data)->talk;
	*buffer = uv_buf_init(t->in + t->have, (unsigned)talk_room(t));
}

static void client_advance(struct client *c);

/* After the last answer libuv goes on reading, and nobody listens. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct client *c = stream->data;
	if (n < 0) {
		client_end(c, talk_left(&c->talk, duck));
	} else if (n > 0 && !talk_is_over(&c->talk)) {
		talk_read(&c->talk, (size_t)n, duck);
		client_advance(c);
	}
}

/* What could not be written will show in reading. */
static void on_written(uv_write_t *write, int status)
{
	struct client *c = write->data;
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	talk_wrote(&c->talk, c->talk.unsent, duck);
	client_advance(c);
}

/* Writes what there is to say, or else reads. */
static void client_advance(struct client *c)
{
	uv_stream_t *stream = (uv_stream_t *)&c->tcp;
	uv_buf_t answer = uv_buf_init(c->talk.out, (unsigned)c->talk.unsent);
	if (c->talk.unsent) {
		uv_read_stop(stream);
		uv_write(&c->write, stream, &answer, 1, on_written);
		return;
	}
	if (talk_is_over(&c->talk)) {
		lameduck_close_begin(&c->closing, c->fd, LINGER_MS); /* 4 */
		uv_timer_start(&c->linger, on_linger, LINGER_MS, LINGER_MS / 4);
	}
	uv_read_start(stream, on_room, on_read);
}

/* `fd` is a connection, or -1 to take it from the listener's handle. */
static void client_begin(int fd)
{
	struct client *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->tcp.data = c->linger.data = c->write.data = c;
	uv_timer_init(listener.loop, &c->linger);
	uv_tcp_init(listener.loop, &c->tcp);
	(void)(fd == -1 ? uv_accept((uv_stream_t *)&listener, (uv_stream_t *)&c->tcp) : uv_tcp_open(&c->tcp, fd));
	(void)uv_fileno((uv_handle_t *)&c->tcp, &c->fd);
	(void)lameduck_connection_begin(duck); /* 3 */
	client_advance(c);
}

static void on_connection(uv_stream_t *stream, int status)
{
	if (status == 0)
		client_begin(-1);
}

/* 2: what is in the queue now is the last, and libuv would come to it too late. */
static void on_listener(struct lameduck *l, int listening, void *data)
{
	for (int fd; (fd = accept_from(listening)) != -1;)
		client_begin(fd);
	lameduck_listener_end(l, listening);
	uv_close((uv_handle_t *)&listener, NULL);
}

static void on_duck(uv_poll_t *poll, int status, int events)
{
	if (lameduck_dispatch(duck) == LAMEDUCK_STOPPED) /* 1 */
		uv_stop(poll->loop);
}

static void on_handle(uv_handle_t *handle, void *data)
{
	struct client *c = handle->data;
	if (c && handle == (uv_handle_t *)&c->tcp && !uv_is_closing(handle))
		client_end(c, talk_cut(&c->talk, c->fd, duck)); /* 5 */
}

int main(int argc, char **argv)
{
	uv_poll_t watch;
	int listening = listen_at(argc, argv);
	duck = duck_create(log_change, on_listener, NULL);
	uv_tcp_init(uv_default_loop(), &listener);
	uv_tcp_open(&listener, listening);
	uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_connection);
	lameduck_listener_begin(duck, listening); /* 2 */
	uv_poll_init(listener.loop, &watch, lameduck_fd(duck));
	uv_poll_start(&watch, UV_READABLE, on_duck); /* 1 */
	lameduck_ready(duck);
	uv_run(listener.loop, UV_RUN_DEFAULT);
	uv_walk(listener.loop, on_handle, NULL);
	return duck_finish(duck);
}
