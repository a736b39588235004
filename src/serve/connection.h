/* connection.h - one client's connection, from accept to the end. Private to this room.
 *
 *   reading ──request──▶ working ──answer──▶ reading
 *                            └──last answer──▶ last ──written──▶ lingering ──EOF or time──▶ closed
 *
 * After the last answer comes shutdown(SHUT_WR), then reading until the peer closes: closing with bytes unread would
 * send a reset that may overtake the answer. A connection owns itself: it is freed when its lane has come round. While
 * it is idle it holds no buffer, and of HTTP/1 nothing at all.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "base/list.h"
#include "base/text.h"
#include "counts.h"
#include "deadlines.h"
#include "lane.h"
#include "net/stream.h"

#include <lameduck.h>
#include <stdbool.h>

struct connection;
struct http1;

enum connection_state {
	CONNECTION_READING = 0,
	CONNECTION_WORKING, /* HTTP/1: nothing is read before the answer */
	CONNECTION_LAST,    /* the last answer is being written */
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
};

/* What a protocol does with a connection. Every call but `close` may end with connection_drop. */
struct protocol {
	/* Bytes that were read. */
	void (*take)(struct connection *c, const char *data, size_t length);
	/* The peer has taken all that it was owed. */
	void (*go_on)(struct connection *c);
	/* Something stirs while it is working. */
	void (*stir)(struct connection *c);
	/* Nothing has been asked for, as far as was read, that is not answered. */
	bool (*is_idle)(const struct connection *c);
	/* LANE_LAME, LANE_DRAIN or LANE_DISMISS. */
	void (*obey)(struct connection *c, enum lane_order order);
	/* It is about to be closed: counts what is lost by that, but for what may lie unread. */
	void (*cut)(struct connection *c);
	/* How long it may stay like this, counted from since_ms, and that it has. 0: for ever. */
	int64_t (*patience_ns)(const struct connection *c);
	void (*time_out)(struct connection *c);
	void (*close)(struct connection *c);
};

struct connection {
	struct list link; /* lane->connections */
	struct lane *lane;
	struct stream stream;
	struct watch watch;
	struct deadline deadline;
	uint64_t since_ms; /* what the deadline counts from */
	const struct protocol *protocol;
	struct http1 *http1; /* NULL between two requests */
	struct newcomer as;
	enum connection_state state;
	bool has_spoken;
	bool is_expected;      /* draining: the first request, or the end */
	bool was_idle;         /* lingering without an answer before it */
	bool is_over;          /* the client asked for the end: nothing comes behind the last answer */
	bool is_cut;           /* what it lost by that has been counted */
	enum lameduck_end end; /* how its end is told to liblameduck */
	uint32_t requests;     /* begun on it */
	uint64_t number;       /* each has its own */
	unsigned answers;      /* begun and not yet written whole */
	struct text unsent;    /* from `sent` on; while there is any, nothing is read */
	size_t sent;
};

/* Takes its descriptor, and a count of both lane->open and server->open. */
void connection_create(struct lane *l, const struct newcomer *new);
struct connection *connection_of(struct list *link); /* a link of lane->connections */
void connection_drop(struct connection *c);
void connection_free(struct connection *c); /* the lane, later */

void connection_read(struct connection *c);
/* Sees what to wait for now, and until when. */
void connection_rest(struct connection *c);
/* Our end: nothing more is said, and what comes is thrown away. */
void connection_linger(struct connection *c, bool was_idle);

/* sending.c */
/* Writes what lane->out holds for this connection, behind what it still owes. After the last answer it lingers. */
void connection_flush(struct connection *c);
bool connection_is_blocked(const struct connection *c); /* bytes are owed: nothing more is taken */

/* parting.c */
void connection_obey(struct connection *c, enum lane_order order);
/* It is about to be closed for good: counts what is lost by that. */
void connection_cut(struct connection *c);
void connection_lose(struct connection *c, enum cut how, unsigned requests);
bool connection_is_idle(const struct connection *c);
bool connection_has_unread(const struct connection *c);
/* `answers` have come to this end. */
void connection_end_answers(struct connection *c, enum lameduck_end end);

/* timeouts.c */
void timeouts_set(struct connection *c);
bool timeouts_is_over(const struct connection *c);
void timeouts_due(struct deadline *d);

#endif
