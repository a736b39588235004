/* lane.h - one thread: its loop, its connections, and what those share. Private to this room.
 *
 * A connection stays in its lane. Lane 0 is the main thread's: it also accepts, hears signals and decides (server.h).
 * The others hear of things through their inbox: connections to take, work that got its place, and orders. A later
 * order stands for those before it.
 */
#ifndef SERVE_LANE_H
#define SERVE_LANE_H

#include "answer.h"
#include "base/err.h"
#include "base/list.h"
#include "base/random.h"
#include "deadlines.h"
#include "net/poller.h"
#include "route.h"
#include "counts.h"

#include <stdbool.h>
#include <uv.h>

/* One read, and the most that is put together before it is written. Both buffers serve one connection at a time. */
#define LANE_READ_SIZE (64 * 1024)
#define LANE_WRITE_SIZE (64 * 1024)
/* Exchanges kept for the next request instead of being freed. */
#define LANE_SPARE_MAX 64

struct server;
struct http1;

enum lane_order {
	LANE_SERVE = 0,
	LANE_LAME,    /* whoever can be asked to go elsewhere is asked */
	LANE_DRAIN,   /* what has not spoken gets a moment to */
	LANE_DISMISS, /* the deadline: those who still wait are told */
	LANE_END,     /* what is open dies, and is counted; the loop ends */
};

struct lane {
	struct server *server;
	uv_loop_t loop;
	uv_thread_t thread;
	bool has_thread;
	uv_async_t wake;
	uv_prepare_t before_wait;
	uv_timer_t timer; /* for the earliest of the deadlines */
	uint64_t timer_ms;
	struct deadlines deadlines;
	struct poller poller;
	struct list connections;
	struct list gone; /* dropped in this turn: something may still be told to them */
	uint64_t open;    /* read by who accepts */
	uint64_t numbered;
	enum lane_order order;
	struct list hooks;   /* of preStop, that wait for the lame duck's end */
	struct list granted; /* guarded by the gate: work that got its place */
	struct lane_inbox {
		uv_mutex_t lock;
		struct newcomer {
			int fd;
			bool is_probe;   /* on the probes' own port */
			bool is_known;   /* to liblameduck, which is told of its end */
			bool is_surplus; /* more than there may be */
		} * newcomers;
		size_t count, capacity;
	} inbox;
	struct answers answers;
	struct counts counts;
	struct random chances;
	struct http1 *spare;
	unsigned spares;
	struct text out;
	struct text access;
	char in[LANE_READ_SIZE];
};

struct lane *lane_create(struct server *s, struct err *err);
void lane_destroy(struct lane *l); /* its loop has ended; NULL is fine */
int lane_start(struct lane *l, struct err *err) __attribute__((warn_unused_result)); /* on a thread of its own */
/* Returns when it has ended; runs it here if it has no thread of its own. */
void lane_join(struct lane *l);
/* From any thread: it will look at its inbox and its orders. */
void lane_wake(struct lane *l);
void lane_give(struct lane *l, const struct newcomer *new);
/* On its own thread: now, without waiting for the loop's turn. */
void lane_obey(struct lane *l);

/* The next number for a connection, unlike any other lane's. */
uint64_t lane_number(struct lane *l);
/* What a request asks for, and gets by bad luck that was asked for. */
struct route lane_route(struct lane *l, bool is_probe_port, const char *target, size_t length);

static inline uint64_t lane_now(const struct lane *l)
{
	return uv_now(&l->loop);
}

/* `ns` from now, and not a moment earlier: the loop's clock lags behind by a turn, and rounds down. */
static inline uint64_t lane_after(struct lane *l, int64_t ns)
{
	uv_update_time(&l->loop);
	return uv_now(&l->loop) + (uint64_t)(ns / 1000000) + 1;
}

#endif
