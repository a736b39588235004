/* server.h - what the lanes share, and how the server comes and goes. Private to this room.
 *
 * The main thread owns all of it; the others read what is atomic, and ask.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "accepting.h"
#include "lane.h"
#include "serve.h"
#include "work.h"

#include <lameduck.h>
#include <stdatomic.h>
#include <uv.h>

struct server {
	const struct serve_config *config;
	struct lane **lanes;
	unsigned lane_count;
	uv_signal_t signals[2];
	uv_poll_t watch;  /* lameduck's descriptor */
	uv_timer_t timer; /* the start-up's delay, then the farewell */
	struct accepting service, probes;
	struct err failure;
	struct lameduck *duck;
	int64_t margin_ms; /* before the grace period ends */
	struct gate gate;
	_Atomic enum lane_order order;
	atomic_uint_fast64_t open; /* connections */
};

/* From any thread. */
bool server_is_ending(const struct server *s);
bool server_is_draining(const struct server *s);
bool server_asks_to_close(const struct server *s); /* in the modes that say so */
struct route_facts server_facts(const struct server *s, bool is_probe_port);
void server_count(const struct server *s, struct counts *ret_sum); /* all lanes together */
/* A connection has gone: perhaps it was what the server waited for. */
void server_connection_gone(struct server *s);

/* From the main thread. */
void server_log_failure(const struct err *err);
void server_log_state(const struct server *s, const struct lameduck_change *change);

#endif
