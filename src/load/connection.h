/* connection.h - one TCP connection and the exchanges on it.
 *
 *	CONNECTING ─▶ HANDSHAKING ─▶ BUSY ─▶ IDLE ─▶ BUSY …        an answer that allows another request
 *	     │              │         ├────▶ LINGERING ─▶ CLOSED   one that does not: the server closes first
 *	     └──────────────┴─────────┴───────────────▶ CLOSED     the exchanges failed
 *
 * HANDSHAKING: TLS's; without TLS there is none. Whatever ends a connection in it is tls/failed, and the outcome's
 * `detail` says what it was.
 * BUSY: at least one exchange is on it; a protocol that carries many may have room for more, while CONNECTING too.
 * What waits there to be sent, and never is, comes back to be placed again (`unsent`): only the exchange that a
 * connection was opened for shares its fate when it does not come to stand. The connection names what becomes of
 * each (`ended`), and says when the peer spoke or left while nobody had asked (`left`). It knows nothing of schedules,
 * pools and deadlines: those are its owner's. Everything but the calls that say so happens on the loop; CLOSED is
 * final, and the memory goes back to its store.
 */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include "base/list.h"
#include "exchange.h"
#include "http1.h"
#include "http2.h"
#include "net/poller.h"
#include "net/stream.h"
#include "protocol.h"

enum connection_state {
	CONNECTION_CONNECTING = 0,
	CONNECTION_HANDSHAKING,
	CONNECTION_BUSY,
	CONNECTION_IDLE,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
};

struct connection;

/* Their memory. */
struct connections {
	struct list closed; /* somebody up the stack may still look at these */
	struct list spare;
};

struct connection_owner {
	struct poller *poller;
	struct connections *store;
	enum load_protocol protocol;
	uint32_t streams; /* exchanges at the same time where the protocol carries many */
	const char *pod_header, *upstream_header;
	bool (*expects)(int status, void *data);
	void *expects_data;
	const struct content *content; /* what else is asked of answers; NULL: nothing */

	struct tls_context *tls; /* for targets with a tls_host */

	void (*connected)(struct connection *c, void *data); /* TLS's handshake included */
	/* The outcome is complete, no connection carries it any more and it is the owner's again. The connection that
	 * did (its state final for now: IDLE, LINGERING or CLOSED, or still BUSY with others) may be given the next at
	 * once. */
	void (*ended)(struct exchange *x, struct connection *c, void *data);
	/* Not a byte of it has left us and it is the owner's to place again, but not from inside the call. */
	void (*unsent)(struct exchange *x, struct connection *c, void *data);
	/* Something else may have changed whether it has room. */
	void (*changed)(struct connection *c, void *data);
	/* While IDLE or LINGERING, the peer closed it; now CLOSED. `was_idle`: it could have been reused. */
	void (*left)(struct connection *c, bool was_idle, void *data);
	void (*unsolicited)(struct connection *c, void *data); /* bytes that nobody had asked for, at most once each */
	void *data;
};

struct connection {
	enum connection_state state;
	int target;                 /* index into load_config.targets */
	int64_t idle_since_ns;      /* when its last exchange ended */
	struct list place;          /* the owner's, on whatever list it likes; unlinked by the owner */
	struct list begun;          /* and this one */
	bool is_kept, is_lingering; /* its pool's */

	/* for the protocol */
	const struct connection_owner *owner;
	struct list exchanges; /* those on it, in order of time */
	uint32_t count;        /* of them */
	int send_error;        /* errno of the send that failed: what was received before it still counts */
	struct stream stream;  /* for what it says of itself: bytes go through give and feed */
	struct http1 http1;
	struct http2 http2;

	/* private */
	const struct protocol *protocol;
	struct watch watch;
	struct list stored;
	const char *tls_host; /* borrowed from the target; NULL: without TLS */
	bool is_fed;          /* inside the protocol's feed */
	int send_wants;       /* what a send that could not go on waits for; 0: none does */
	int read_wants;       /* and a read */
	char last_pod[OUTCOME_POD_SIZE];
	uint64_t number;
	uint32_t served;
	uint16_t local_port, remote_port;
};

/* The owner's half. */

/* Begins to connect. NULL: it failed at once, and the outcome says how (ended_ns included). The exchange has its
 * message, and an outcome with what the caller knows: schedule, mode, target, connection number. `expects_shared`: it
 * will speak HTTP/2, so that others may wait on it, who are given back if TLS says otherwise. */
struct connection *connection_open(const struct connection_owner *owner, const struct load_target *to,
				   bool expects_shared, struct exchange *x);
/* Then sends; `ended` may come from inside the call. Two steps, as many that are due are best begun in a row: the
 * server is woken once for all of them. */
void connection_go(struct connection *c);
/* Can it be given another exchange? */
bool connection_has_room(const struct connection *c);
/* Can it be given one now or later? */
bool connection_has_future(const struct connection *c);
/* It does not stand yet. */
bool connection_is_opening(const struct connection *c);
/* Many at the same time; false as long as nobody knows what is spoken on it. */
bool connection_is_shared(const struct connection *c);
/* Brings the outcome of an exchange that is on a connection up to date. */
void connection_tell(struct exchange *x);
/* A last look before that, unless it has answered just now: true when it is still open and nothing is wrong. Otherwise
 * it is CLOSED, after `left`. */
bool connection_is_usable(struct connection *c, int64_t now_ns);
/* Another exchange on one that has room; `ended` may come from inside the call. On a shared one that stands, what
 * several have to say is sent together, by connection_go. */
void connection_take(struct connection *c, struct exchange *x);
/* Its time is up: ends as its phase's timeout, with the connection unless others may be on it. */
void connection_time_out(struct exchange *x);
/* Takes it off without a word, the connection too unless others are on it. */
void connection_withdraw(struct exchange *x);
/* Without a word to the owner; nothing may be on it that the owner still counts on. */
void connection_close(struct connection *c);

void connections_init(struct connections *s);
/* From the loop itself, with no connection's call on the stack: what is CLOSED can be used again. */
void connections_reclaim(struct connections *s);
void connections_finish(struct connections *s);

/* The protocol's half. */

/* Sends what the protocol gives, as far as it goes now. */
void connection_send(struct connection *c);
/* A piece of the body of an answer. */
static inline void connection_body(struct connection *c, struct exchange *x, const char *piece, size_t length)
{
	if (c->owner->content)
		content_feed(c->owner->content, &x->reader, piece, length);
}
/* After the last byte of an answer. `next`: what becomes of the connection (BUSY: others are on it). The owner may give
 * it the next exchange from inside the call. */
void connection_answered(struct connection *c, struct exchange *x, enum connection_state next);
/* `x` failed, the others on the connection have not. */
void connection_failed(struct connection *c, struct exchange *x, enum outcome_kind kind);
/* `x`, which waits, is given back to the owner. */
void connection_give_back(struct connection *c, struct exchange *x);
/* All that are on it fail, each in its own phase, and it is closed. */
void connection_fail(struct connection *c, enum failure_manner manner);
/* The peer said something that nobody had asked for, or hung up, while nothing was on it: closes. */
void connection_leave(struct connection *c);

#endif
