/* server.h - what the lanes share, and how the server comes and goes. Private to this room.
 *
 * The main thread owns all of it; the others read what is atomic, and ask.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "accepting.h"
#include "lane.h"
#include "lifecycle/lifecycle.h"
#include "serve.h"
#include "work.h"

#include <stdatomic.h>
#include <uv.h>

struct server {
	const struct serve_config *config;
	struct lane **lanes;
	unsigned lane_count;
	uv_signal_t signals[2];
	uv_timer_t tick; /* the lifecycle's next moment */
	struct accepting accepting;
	int64_t term_ns, farewell_ns;
	struct err failure;
	struct lifecycle life;
	struct gate gate;

	atomic_int state; /* life.state, for everyone */
	_Atomic enum lane_order order;
	atomic_uint_fast64_t open; /* connections */
};

/* From any thread. */
bool server_is_ending(const struct server *s);
bool server_is_draining(const struct server *s);
/* Answers ask for no more, in the modes that say so. */
bool server_asks_to_close(const struct server *s);
struct route_facts server_facts(const struct server *s);
/* A connection has gone: perhaps it was what the server waited for. */
void server_connection_gone(struct server *s);

/* From the main thread. */
void server_look(struct server *s); /* soon: something has changed */
void server_woken(struct server *s);
void server_log_failure(const struct err *err);

#endif
