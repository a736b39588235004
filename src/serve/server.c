// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include "account.h"
#include "base/clock.h"
#include "base/memory.h"
#include "leaving.h"
#include "route.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

const char *serve_on_term_name(enum serve_on_term on_term)
{
	static const char *const names[] = {"exit", "close", "drain", "linger"};
	return names[on_term];
}

bool server_is_ending(const struct server *s)
{
	return s->state > LIFECYCLE_READY;
}

bool server_is_draining(const struct server *s)
{
	return s->state == LIFECYCLE_DRAINING;
}

bool server_asks_to_close(const struct server *s)
{
	return server_is_ending(s) && s->config->on_term != SERVE_LINGER;
}

struct route_facts server_facts(const struct server *s)
{
	int state = s->state;
	return (struct route_facts){
		.is_started = state != LIFECYCLE_STARTING,
		.is_ready = state == LIFECYCLE_READY || (state > LIFECYCLE_READY && s->config->keeps_readiness),
		.delay_ns = s->config->delay_ns,
	};
}

void server_connection_gone(struct server *s)
{
	/* Not now: whoever closed it may be walking the list. */
	if (atomic_fetch_sub(&s->open, 1) == 1 && server_is_ending(s) && s->order != LANE_END)
		lane_wake(s->lanes[0]);
}

void server_look(struct server *s)
{
	lane_wake(s->lanes[0]);
}

void server_woken(struct server *s)
{
	if (s->order != LANE_END && server_is_ending(s))
		leaving_advance(s);
}

void server_log_failure(const struct err *err)
{
	fprintf(stderr, "zerodrop serve: %s, continuing\n", err->text);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct server *s = handle->data;
	if (!lifecycle_is_ending(&s->life))
		s->term_ns = clock_ns();
	lifecycle_term(&s->life);
	leaving_advance(s);
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
	struct lifecycle_config life = server_lifecycle(s->config);
	int rc = server_watch_signals(s, err);
	if (rc == 0)
		rc = accepting_open(&s->accepting, s, err);
	for (unsigned i = 1; i < s->lane_count && rc == 0; i++)
		rc = lane_start(s->lanes[i], err);
	if (rc < 0)
		return rc;
	lifecycle_init(&s->life, &life, clock_ns());
	leaving_log(s);
	return s->config->startup == SERVE_500 ? accepting_start(&s->accepting, err) : 0;
}

static void server_destroy(struct server *s)
{
	for (unsigned i = 0; i < s->lane_count; i++)
		lane_destroy(s->lanes[i]);
	gate_finish(&s->gate);
	free(s->lanes);
	free(s);
}

static struct server *server_create(const struct serve_config *config, struct err *err)
{
	struct server *s = memory_new(1, sizeof *s);
	s->config = config;
	s->lanes = memory_new((size_t)config->threads, sizeof *s->lanes);
	gate_init(&s->gate, config->workers);
	for (; s->lane_count < (unsigned)config->threads; s->lane_count++) {
		s->lanes[s->lane_count] = lane_create(s, err);
		if (!s->lanes[s->lane_count]) {
			server_destroy(s);
			return NULL;
		}
	}
	uv_timer_init(&s->lanes[0]->loop, &s->tick);
	s->tick.data = s;
	for (int i = 0; i < 2; i++) {
		uv_signal_init(&s->lanes[0]->loop, &s->signals[i]);
		s->signals[i].data = s;
	}
	return s;
}

int serve_run(const struct serve_config *config, struct err *err)
{
	raise_descriptors();
	struct server *s = server_create(config, err);
	if (!s)
		return -EIO;
	int rc = server_open(s, &s->failure);
	if (rc == 0)
		leaving_advance(s);
	else
		leaving_finish(s);
	for (unsigned i = 0; i < s->lane_count; i++)
		lane_join(s->lanes[i]);
	if (s->failure.kind != ERR_NONE) {
		*err = s->failure;
		rc = -EIO;
	} else {
		rc = account_print(s);
	}
	server_destroy(s);
	return rc;
}
