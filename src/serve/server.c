// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/units.h"
#include "connection.h"
#include "net/listen.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Connections accepted per turn of the loop, so that a flood of them does not keep a signal waiting. */
#define ACCEPT_TURN 64
/* When descriptors ran out: try again then. */
#define ACCEPT_RETRY_MS 50
/* After the deadline: time for the last answers to be read. */
#define FAREWELL_NS (500 * NS_PER_MS)

const char *serve_on_term_name(enum serve_on_term on_term)
{
	static const char *const names[] = {"exit", "close", "drain", "linger"};
	return names[on_term];
}

bool server_asks_to_close(const struct server *s)
{
	return lifecycle_is_ending(&s->life) && s->config->on_term != SERVE_LINGER;
}

static void server_log_state(const struct server *s)
{
	char after[UNITS_SIZE];
	fprintf(stderr, "zerodrop serve: state=%s pod=%s port=%u after=%s\n", lifecycle_state_name(s->life.state),
		s->config->pod, s->port, units_write_duration(s->life.before_ns, after));
}

static void server_log_failure(const struct err *err)
{
	fprintf(stderr, "zerodrop serve: %s, continuing\n", err->text);
}

static void on_tick(uv_timer_t *timer);
static void on_acceptable(uv_poll_t *poll, int status, int events);
static void on_look(uv_timer_t *timer);

void server_connection_gone(struct server *s)
{
	s->connection_count--;
	/* Not now: whoever closed it may be walking the list. */
	if (!s->is_finished && lifecycle_is_ending(&s->life))
		uv_timer_start(&s->tick, on_tick, 0, 0);
}

/* 0 when `most` were taken, -EAGAIN when none is left, else why accepting fails. */
static int server_accept(struct server *s, int most)
{
	for (int i = 0; i < most; i++) {
		int fd = listen_accept(s->listen_fd);
		if (fd < 0)
			return fd;
		connection_create(s, fd);
	}
	return 0;
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	int rc = server_accept(s, ACCEPT_TURN);
	if (rc == 0 || rc == -EAGAIN || s->is_retiring)
		return;
	/* Descriptors or memory ran out: the queue stays, and polling it now would spin. */
	uv_poll_stop(&s->accepting);
	uv_timer_start(&s->look, on_look, ACCEPT_RETRY_MS, 0);
	struct err err = {0};
	(void)err_system(&err, -rc, "cannot accept");
	server_log_failure(&err);
}

static void server_close_listener(struct server *s)
{
	if (s->listen_fd < 0)
		return;
	uv_timer_stop(&s->look);
	if (s->is_listening)
		uv_close((uv_handle_t *)&s->accepting, NULL);
	(void)close(s->listen_fd);
	s->listen_fd = -1;
	s->is_listening = s->is_retiring = false;
}

static int server_listen(struct server *s, struct err *err)
{
	int rc = listen_start(s->listen_fd, err);
	if (rc < 0)
		return rc;
	rc = uv_poll_init(&s->loop, &s->accepting, s->listen_fd);
	if (rc < 0)
		return err_system(err, -rc, "cannot watch the listener");
	s->accepting.data = s;
	s->is_listening = true;
	uv_poll_start(&s->accepting, UV_READABLE, on_acceptable);
	printf(strchr(s->config->address, ':') ? "listening on [%s]:%u\n" : "listening on %s:%u\n", s->config->address,
	       s->port);
	fflush(stdout);
	return 0;
}

/* The retiring listener's turn, and the one that failed to accept. */
static void on_look(uv_timer_t *timer)
{
	struct server *s = timer->data;
	int rc = server_accept(s, s->is_retiring ? INT32_MAX : ACCEPT_TURN);
	if (!s->is_retiring) {
		uv_poll_start(&s->accepting, UV_READABLE, on_acceptable);
		return;
	}
	if (rc == -EAGAIN && listener_is_done(&s->retiring, clock_ns())) {
		(void)server_accept(s, INT32_MAX);
		server_close_listener(s);
		uv_timer_start(&s->tick, on_tick, 0, 0);
		return;
	}
	uv_timer_start(&s->look, on_look, LISTENER_LOOK_NS / NS_PER_MS, 0);
}

static void server_retire_listener(struct server *s)
{
	struct err err = {0};
	if (listener_retire(&s->retiring, s->listen_fd, clock_ns(), &err) < 0)
		server_log_failure(&err);
	s->is_retiring = true;
	uv_poll_start(&s->accepting, UV_READABLE, on_acceptable);
	uv_timer_start(&s->look, on_look, 0, 0);
}

static void server_close_idle(struct server *s)
{
	list_each(link, following, &s->connections)
	{
		struct connection *c = connection_of(link);
		if (connection_has_spoken(c) && connection_is_idle(c)) {
			s->report.closed_idle++;
			connection_drop(c);
		}
	}
}

static void server_drain(struct server *s)
{
	if (s->config->on_term == SERVE_DRAIN && s->is_listening) {
		server_retire_listener(s);
	} else {
		server_close_listener(s);
		if (s->config->on_term == SERVE_CLOSE)
			server_close_idle(s);
	}
	list_each(link, following, &s->connections) connection_expect_first(connection_of(link));
}

static void on_handle_closed(uv_handle_t *handle)
{
}

/* Nothing more is waited for: what is open dies, and is counted. The loop ends when the handles have closed. */
static void server_finish(struct server *s)
{
	s->is_finished = true;
	list_each(link, following, &s->connections)
	{
		struct connection *c = connection_of(link);
		connection_count_cut(c);
		connection_drop(c);
	}
	server_close_listener(s);
	uv_close((uv_handle_t *)&s->tick, on_handle_closed);
	uv_close((uv_handle_t *)&s->look, on_handle_closed);
	for (int i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&s->signals[i], on_handle_closed);
}

/* The deadline of a drain: those who still wait are told. Every other end says nothing. */
static void server_stop(struct server *s)
{
	s->farewell_ns = clock_ns();
	if (s->config->on_term != SERVE_DRAIN || lifecycle_is_forced(&s->life))
		return;
	s->farewell_ns += FAREWELL_NS;
	if (s->listen_fd >= 0)
		(void)server_accept(s, INT32_MAX);
	server_close_listener(s);
	list_each(link, following, &s->connections) connection_dismiss(connection_of(link));
}

static void server_enter(struct server *s)
{
	/* On failure the caller looks at s->failure. */
	if (s->life.state == LIFECYCLE_READY && !s->is_listening && server_listen(s, &s->failure) < 0)
		return;
	server_log_state(s);
	switch (s->life.state) {
	case LIFECYCLE_DRAINING:
		server_drain(s);
		break;
	case LIFECYCLE_STOPPED:
		server_stop(s);
		break;
	case LIFECYCLE_STARTING:
	case LIFECYCLE_READY:
	case LIFECYCLE_LAME_DUCK:
		break;
	}
}

/* As far as time and connections allow, then a timer for when time alone allows more. */
static void server_advance(struct server *s)
{
	while (lifecycle_advance(&s->life, clock_ns(), s->connection_count + s->is_listening))
		server_enter(s);
	if (s->failure.kind != ERR_NONE) {
		server_finish(s);
		return;
	}
	int64_t now = clock_ns(), next = lifecycle_next_ns(&s->life);
	if (s->life.state == LIFECYCLE_STOPPED) {
		next = s->farewell_ns;
		if (now >= next || s->connection_count == 0 || lifecycle_is_forced(&s->life)) {
			server_finish(s);
			return;
		}
	}
	if (next == LIFECYCLE_NEVER) {
		uv_timer_stop(&s->tick);
		return;
	}
	/* The loop's clock may lag behind by a turn, and it rounds down. */
	uv_update_time(&s->loop);
	uv_timer_start(&s->tick, on_tick, next > now ? (uint64_t)((next - now + NS_PER_MS - 1) / NS_PER_MS) : 0, 0);
}

static void on_tick(uv_timer_t *timer)
{
	server_advance(timer->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct server *s = handle->data;
	if (!lifecycle_is_ending(&s->life))
		s->term_ns = clock_ns();
	lifecycle_term(&s->life);
	server_advance(s);
}

/* An explicit handler, also because the kernel delivers nothing else to a pid 1. */
static int server_watch_signals(struct server *s, struct err *err)
{
	static const int numbers[] = {SIGTERM, SIGINT};
	for (int i = 0; i < 2; i++) {
		int rc = uv_signal_start(&s->signals[i], on_signal, numbers[i]);
		if (rc < 0)
			return err_system(err, -rc, "cannot watch for signals");
	}
	(void)signal(SIGPIPE, SIG_IGN); /* our own output may go to a reader that has gone */
	return 0;
}

static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct lifecycle_config server_lifecycle(const struct serve_config *config)
{
	bool waits = config->on_term == SERVE_DRAIN || config->on_term == SERVE_LINGER;
	bool drains = config->on_term == SERVE_DRAIN || config->on_term == SERVE_CLOSE;
	return (struct lifecycle_config){
		.startup_ns = config->startup_delay_ns,
		.lame_duck_ns = waits ? config->lame_duck_ns : 0,
		.drain_timeout_ns = drains ? config->drain_timeout_ns : 0,
		.stays_ready = config->keeps_readiness,
	};
}

static int server_open(struct server *s, struct err *err)
{
	const struct serve_config *config = s->config;
	int rc = listen_open(config->address, config->port, &s->listen_fd, &s->port, err);
	if (rc < 0)
		return rc;
	struct lifecycle_config life = server_lifecycle(config);
	lifecycle_init(&s->life, &life, clock_ns());
	server_log_state(s);
	return config->startup == SERVE_500 ? server_listen(s, err) : 0;
}

static int server_report(const struct server *s)
{
	const struct server_report *r = &s->report;
	char after[UNITS_SIZE];
	fprintf(stderr,
		"zerodrop serve: on-term=%s served=%" PRIu64 " closed=%" PRIu64 " closed-idle=%" PRIu64 " cut=%" PRIu64
		" after=%s\n",
		serve_on_term_name(s->config->on_term), r->served, r->closed, r->closed_idle, r->cut,
		units_write_duration(clock_ns() - s->term_ns, after));
	return r->cut && s->config->on_term != SERVE_EXIT ? STATUS_LOST : STATUS_OK;
}

int serve_run(const struct serve_config *config, struct err *err)
{
	struct server *s = memory_new(1, sizeof *s);
	s->config = config;
	s->listen_fd = -1;
	s->out = (struct text)TEXT_INIT(4 * SERVER_WRITE_SIZE);
	list_init(&s->connections);
	gate_init(&s->gate, config->workers);
	answers_init(&s->answers, config->version, config->pod);
	uv_loop_init(&s->loop);
	uv_timer_init(&s->loop, &s->tick);
	uv_timer_init(&s->loop, &s->look);
	s->tick.data = s->look.data = s;
	for (int i = 0; i < 2; i++) {
		uv_signal_init(&s->loop, &s->signals[i]);
		s->signals[i].data = s;
	}
	raise_descriptors();
	int rc = server_watch_signals(s, &s->failure);
	if (rc == 0)
		rc = server_open(s, &s->failure);
	if (rc == 0)
		server_advance(s);
	else
		server_finish(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	if (s->failure.kind != ERR_NONE) {
		*err = s->failure;
		rc = -EIO;
	} else {
		rc = server_report(s);
	}
	(void)uv_loop_close(&s->loop);
	answers_finish(&s->answers);
	text_finish(&s->out);
	free(s);
	return rc;
}
