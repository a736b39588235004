/* connection.h - one client's connection, from accept to the end. Private to this room.
 *
 *   reading ──request──▶ working ──answer──▶ reading
 *                            └──last answer──▶ last ──written──▶ lingering ──EOF or time──▶ closed
 *
 * After the last answer comes shutdown(SHUT_WR), then reading until the peer closes: closing with bytes unread would
 * send a reset that may overtake the answer. A connection owns itself: it is freed when its lane has come round. While
 * it is idle it holds no buffer, and nothing of its protocol.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "base/list.h"
#include "base/text.h"
#include "deadlines.h"
#include "lane.h"
#include "net/stream.h"

#include <lameduck.h>
#include <stdbool.h>

struct http1;

enum connection_state {
	CONNECTION_READING = 0,
	CONNECTION_WORKING,
	CONNECTION_LAST,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
};

struct connection {
	struct list link; /* lane->connections */
	struct lane *lane;
	struct stream stream;
	struct watch watch;
	struct deadline deadline;
	uint64_t since_ms; /* what the deadline counts from */
	enum connection_state state;
	struct newcomer as;
	bool has_spoken;
	bool is_expected;      /* draining: the first request, or the end */
	bool was_idle;         /* lingering without an answer before it */
	bool is_over;          /* the client asked for the end: nothing comes behind the last answer */
	bool is_cut;           /* what it lost by that has been counted */
	enum lameduck_end end; /* how its end is told to liblameduck */
	uint64_t number;       /* each has its own */
	uint32_t requests;     /* begun on it */
	unsigned answers;      /* begun and not yet written whole */
	struct http1 *http1;   /* NULL between two requests */
	struct text unsent;    /* from `sent` on; while there is any, nothing is read */
	size_t sent;
};

/* Takes its descriptor, and a count of both lane->open and server->open. */
void connection_create(struct lane *l, const struct newcomer *new);
struct connection *connection_of(struct list *link); /* a link of lane->connections */
/* Draining has begun. */
void connection_drain(struct connection *c);
/* At the deadline: an answer 503 for what was asked, a quiet end for what is idle. */
void connection_dismiss(struct connection *c);
void connection_drop(struct connection *c);
void connection_free(struct connection *c); /* the lane, later */
/* Before it is closed for good: counts what gets lost by that. */
void connection_cut(struct connection *c);

/* For its protocol. */
/* Writes what lane->out holds for this connection, behind what it still owes. */
void connection_flush(struct connection *c);
bool connection_is_blocked(const struct connection *c); /* bytes are owed: nothing more is taken */
/* Sees what to wait for now, and until when. */
void connection_rest(struct connection *c);

/* timeouts.c */
void timeouts_set(struct connection *c);
void timeouts_due(struct deadline *d);

/* connection.c, for timeouts.c */
bool connection_is_idle(const struct connection *c); /* between two requests, as far as we have read */
bool connection_has_unread(const struct connection *c);
void connection_read(struct connection *c);
void connection_linger(struct connection *c, bool was_idle);

#endif
