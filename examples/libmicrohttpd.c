// SPDX-License-Identifier: Apache-2.0
/* libmicrohttpd.c - a complete server on libmicrohttpd that loses nothing when it is told to stop: libmicrohttpd [PORT]
 * What lameduck wants: (1) its descriptor is polled, and dispatched when readable; (2) the listener is lent to it, and
 * closed when it says so; (3) connections are begun and ended; (4) the last answer is followed by a lingering close;
 * (5) what is open at the deadline is counted as cut; (6) requests are begun and ended, and the last answer says so.
 *
 * MHD runs in our loop: while threads of its own accept, nobody can tell whether one of them holds a connection that it
 * has not spoken of yet. It closes behind its last byte, which resets what came late and may destroy the answer: a
 * duplicate of the descriptor goes on for it (4). What it cannot tell is whether a request's head has come in part: at
 * the deadline such a connection counts as idle, and is no loss in the report although it is one.
 */
#include "example.h"
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <string.h>

#define CLOSINGS 1000
enum { DUCK, DAEMON, FIRST };

static struct lameduck *duck;
static struct MHD_Daemon *server;
static struct pollfd polled[FIRST + CLOSINGS];
static struct lameduck_close closings[CLOSINGS];
static int closing_count;
static char probe, work; /* what a request is */

/* 4: MHD is about to close `fd`. */
static void closing_begin(int fd)
{
	int own = closing_count < CLOSINGS ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (own == -1) {
		lameduck_connection_end(duck, LAMEDUCK_DONE); /* 3: without lingering */
		return;
	}
	polled[FIRST + closing_count] = (struct pollfd){.fd = own, .events = POLLIN};
	lameduck_close_begin(&closings[closing_count++], own, LINGER_MS);
}

static void closings_step(void)
{
	for (int i = closing_count - 1; i >= 0; i--) {
		if (!polled[FIRST + i].revents && lameduck_close_left_ms(&closings[i]) > 0)
			continue;
		if (!lameduck_close_step(&closings[i]))
			continue;
		close(closings[i].fd);
		lameduck_connection_end(duck, LAMEDUCK_DONE); /* 3 */
		closings[i] = closings[--closing_count];
		polled[FIRST + i] = polled[FIRST + closing_count];
	}
}

static enum MHD_Result on_accept(void *data, const struct sockaddr *from, socklen_t size)
{
	return lameduck_connection_begin(duck) ? MHD_YES : MHD_NO; /* 3 */
}

static void on_connection(void *data, struct MHD_Connection *connection, void **own,
			  enum MHD_ConnectionNotificationCode code)
{
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED && lameduck_get_state(duck) != LAMEDUCK_STOPPED)
		closing_begin(fd);
	else if (code == MHD_CONNECTION_NOTIFY_CLOSED) /* 5 */
		lameduck_connection_end(duck, lameduck_close_is_idle(fd) ? LAMEDUCK_CUT_IDLE : LAMEDUCK_CUT_READING);
}

/* Called when the head is there, for each piece of content, and when that has ended. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *content, size_t *size, void **own)
{
	static char text[] = "hello\n";
	bool is_readiness = !strcmp(path, "/readyz");
	if (!*own) {
		*own = is_readiness || !strcmp(path, "/livez") ? &probe : &work;
		if (*own == &work)
			lameduck_request_begin(duck); /* 6, but probes */
		return MHD_YES;
	}
	if (*size) {
		*size = 0; /* all of it was read */
		return MHD_YES;
	}
	struct MHD_Response *answer = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
	if (lameduck_must_close(duck))
		MHD_add_response_header(answer, "Connection", "close"); /* 6 */
	enum MHD_Result result =
		MHD_queue_response(connection, is_readiness && !lameduck_is_ready(duck) ? 503 : 200, answer);
	MHD_destroy_response(answer);
	return result;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **own,
			 enum MHD_RequestTerminationCode code)
{
	if (*own == &work) /* 6 */
		lameduck_request_end(duck, code == MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN ? LAMEDUCK_CUT_WORKING
											  : LAMEDUCK_DONE);
}

/* 2: what is in the queue now is the last, and MHD does not look there again. */
static void on_listener(struct lameduck *l, int listening, void *data)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	(void)MHD_quiesce_daemon(server);
	for (int fd; (fd = accept4(listening, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1;
	     size = sizeof from)
		MHD_add_connection(server, fd, (struct sockaddr *)&from, size);
	lameduck_listener_end(l, listening);
	close(listening);
}

int main(int argc, char **argv)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	int listening = listen_at(argc, argv);
	duck = duck_create(log_change, on_listener, NULL);
	server = MHD_start_daemon(MHD_USE_EPOLL, 0, on_accept, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET,
				  listening, MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
				  MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (!server)
		return 3;
	polled[DUCK] = (struct pollfd){.fd = lameduck_fd(duck), .events = POLLIN};
	polled[DAEMON] = (struct pollfd){.fd = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
					 .events = POLLIN};
	lameduck_listener_begin(duck, listening); /* 2 */
	lameduck_ready(duck);
	while (lameduck_get_state(duck) != LAMEDUCK_STOPPED) {
		bool is_busy = MHD_get_timeout(server, &wait_ms) == MHD_YES && wait_ms < LINGER_MS / 4;
		poll(polled, FIRST + (nfds_t)closing_count, is_busy ? (int)wait_ms : LINGER_MS / 4);
		MHD_run(server);
		closings_step();
		if (polled[DUCK].revents)
			lameduck_dispatch(duck); /* 1 */
	}
	MHD_stop_daemon(server);
	return duck_finish(duck);
}
