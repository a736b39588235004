// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include "account.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/units.h"
#include "leaving.h"
#include "route.h"

#include <errno.h>
#include <inttypes.h>
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
	return lameduck_is_ending(s->duck);
}

bool server_is_draining(const struct server *s)
{
	return lameduck_get_state(s->duck) == LAMEDUCK_DRAINING;
}

bool server_asks_to_close(const struct server *s)
{
	return s->config->on_term != SERVE_LINGER && lameduck_must_close(s->duck);
}

void server_count(const struct server *s, struct counts *ret_sum)
{
	*ret_sum = (struct counts){0};
	for (unsigned i = 0; i < s->lane_count; i++)
		counts_add(ret_sum, &s->lanes[i]->counts);
}

struct route_facts server_facts(const struct server *s, bool is_probe_port)
{
	return (struct route_facts){
		.is_started = lameduck_is_started(s->duck),
		.is_ready = lameduck_is_ready(s->duck),
		.answers_probes = is_probe_port || s->config->probe_port == SERVE_NO_PORT,
		.answers_pages = !is_probe_port,
		.prestop_path = s->config->prestop_path,
		.delay_ns = s->config->delay_ns,
	};
}

void server_connection_gone(struct server *s)
{
	/* Not now: whoever closed it may be walking the list. */
	if (atomic_fetch_sub(&s->open, 1) == 1 && s->order == LANE_DISMISS)
		lane_wake(s->lanes[0]);
}

void server_log_failure(const struct err *err)
{
	fprintf(stderr, "zerodrop serve: %s, continuing\n", err->text);
}

void server_log_state(const struct server *s, const struct lameduck_change *change)
{
	char after[UNITS_SIZE];
	fprintf(stderr,
		"zerodrop serve: state=%s pod=%s port=%u why=%s connections=%" PRIu64 " requests=%" PRIu64
		" after=%s\n",
		lameduck_state_name(change->to), s->config->pod, s->service.port, lameduck_why_name(change->why),
		change->connections, change->requests, units_write_duration(change->lasted_ns, after));
}

static void on_duck(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	(void)lameduck_dispatch(s->duck);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct server *s = handle->data;
	lameduck_term(s->duck);
	(void)lameduck_dispatch(s->duck);
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

/* It has started: whoever asked to be told that it listens, hears it now. */
static void on_started(uv_timer_t *timer)
{
	struct server *s = timer->data;
	if (lameduck_is_ending(s->duck))
		return;
	if (!s->service.is_listening && accepting_start(&s->service, &s->failure) < 0) {
		leaving_finish(s);
		return;
	}
	lameduck_ready(s->duck);
	(void)lameduck_dispatch(s->duck);
}

static int server_open(struct server *s, struct err *err)
{
	const struct serve_config *config = s->config;
	int rc = server_watch_signals(s, err);
	if (rc == 0)
		rc = accepting_open(&s->service, s, config->port, err);
	if (rc == 0 && config->probe_port != SERVE_NO_PORT) {
		s->probes.is_for_probes = true;
		rc = accepting_open(&s->probes, s, (uint16_t)config->probe_port, err);
	}
	if (rc == 0 && s->probes.server)
		rc = accepting_start(&s->probes, err);
	for (unsigned i = 1; i < s->lane_count && rc == 0; i++)
		rc = lane_start(s->lanes[i], err);
	if (rc < 0)
		return rc;
	server_log_state(s, &(struct lameduck_change){.to = LAMEDUCK_STARTING, .why = LAMEDUCK_WHY_CREATED});
	if (config->startup == SERVE_500)
		rc = accepting_start(&s->service, err);
	if (config->startup_delay_ns > 0)
		uv_timer_start(&s->timer, on_started,
			       lane_after(s->lanes[0], config->startup_delay_ns) - lane_now(s->lanes[0]), 0);
	else if (rc == 0)
		on_started(&s->timer);
	return rc;
}

static void server_destroy(struct server *s)
{
	for (unsigned i = 0; i < s->lane_count; i++)
		lane_destroy(s->lanes[i]);
	lameduck_destroy(s->duck);
	gate_finish(&s->gate);
	free(s->lanes);
	free(s);
}

static int64_t ms_up(int64_t ns)
{
	return (ns + NS_PER_MS - 1) / NS_PER_MS;
}

/* Without a grace period that is known, lame duck and drain are all there is. */
static int server_create_duck(struct server *s, struct err *err)
{
	const struct serve_config *c = s->config;
	bool waits = c->on_term == SERVE_DRAIN || c->on_term == SERVE_LINGER;
	bool drains = c->on_term == SERVE_DRAIN || c->on_term == SERVE_CLOSE;
	struct lameduck_config config;
	lameduck_config_init(&config);
	config.lame_duck_ms = waits ? ms_up(c->lame_duck_ns) : 0;
	config.drain_ms = drains ? ms_up(c->drain_timeout_ns) : 0;
	config.quiet_ms = waits ? ms_up(c->quiet_ns) : 0;
	config.grace_ms = ms_up(c->grace_ns);
	config.margin_ms = c->margin_ns < 0 ? LAMEDUCK_AUTO : ms_up(c->margin_ns);
	if (c->grace_ns == 0) {
		config.grace_ms = config.lame_duck_ms + config.drain_ms + 1;
		config.margin_ms = 0;
	}
	config.keeps_readiness = c->keeps_readiness;
	config.on_change = leaving_on_change;
	config.on_listener = accepting_on_retired;
	config.data = s;
	const char *why;
	if (lameduck_config_resolve(&config, &why) < 0)
		return err_input(err, "--grace: %s", why);
	s->margin_ms = config.margin_ms;
	s->duck = lameduck_create(&config);
	return s->duck ? 0 : err_system(err, errno, "cannot make a timer");
}

static int server_create_lanes(struct server *s, struct err *err)
{
	unsigned count = (unsigned)s->config->threads;
	s->lanes = memory_new(count, sizeof *s->lanes);
	for (; s->lane_count < count; s->lane_count++) {
		s->lanes[s->lane_count] = lane_create(s, err);
		if (!s->lanes[s->lane_count])
			return -EIO;
	}
	return 0;
}

static int server_create_handles(struct server *s, struct err *err)
{
	uv_loop_t *loop = &s->lanes[0]->loop;
	int rc = uv_poll_init(loop, &s->watch, lameduck_fd(s->duck));
	if (rc < 0)
		return err_system(err, -rc, "cannot watch a timer");
	uv_timer_init(loop, &s->timer);
	s->timer.data = s->watch.data = s;
	for (int i = 0; i < 2; i++) {
		uv_signal_init(loop, &s->signals[i]);
		s->signals[i].data = s;
	}
	uv_poll_start(&s->watch, UV_READABLE, on_duck);
	return 0;
}

static void server_end_lanes(struct server *s)
{
	s->order = LANE_END;
	for (unsigned i = 0; i < s->lane_count; i++) {
		lane_wake(s->lanes[i]);
		lane_join(s->lanes[i]);
	}
}

static int server_create(const struct serve_config *config, struct server **ret_server, struct err *err)
{
	struct server *s = memory_new(1, sizeof *s);
	s->config = config;
	gate_init(&s->gate, config->workers);
	int rc = server_create_duck(s, err);
	if (rc == 0)
		rc = server_create_lanes(s, err);
	if (rc == 0)
		rc = server_create_handles(s, err);
	if (rc < 0) {
		server_end_lanes(s);
		server_destroy(s);
		return rc;
	}
	*ret_server = s;
	return 0;
}

int serve_run(const struct serve_config *config, struct err *err)
{
	struct server *s;
	raise_descriptors();
	int rc = server_create(config, &s, err);
	if (rc < 0)
		return rc;
	if (server_open(s, &s->failure) < 0)
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
