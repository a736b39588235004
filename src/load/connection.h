/* connection.h - one TCP connection and the request on it.
 *
 *	CONNECTING ─▶ BUSY ─▶ IDLE ─▶ BUSY …        an answer that allows another request
 *	     │         ├────▶ LINGERING ─▶ CLOSED   an answer that does not: the server closes first, as it said
 *	     └─────────┴───────────────▶ CLOSED     the request failed
 *
 * It names what becomes of its request (`ended`), and says when the peer spoke or left while nobody had asked
 * (`left`). It knows nothing of schedules, pools and deadlines: those are its owner's. Everything but the calls that
 * say so happens on the loop; CLOSED is final, and the memory goes by itself after `freed`.
 */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include "base/list.h"
#include "http/response.h"
#include "message.h"
#include "outcome.h"

#include <uv.h>

enum connection_state {
	CONNECTION_CONNECTING = 0,
	CONNECTION_BUSY,
	CONNECTION_IDLE,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
};

struct connection;

struct connection_owner {
	uv_loop_t *loop;
	const char *pod_header, *upstream_header;
	bool (*expects)(int status, void *data);
	void *expects_data;

	void (*connected)(struct connection *c, void *data);
	/* The outcome is complete; the state is IDLE, LINGERING or CLOSED. */
	void (*ended)(struct connection *c, void *data);
	/* While IDLE or LINGERING, the peer closed it; now CLOSED. `was_idle`: it could have been reused. */
	void (*left)(struct connection *c, bool was_idle, void *data);
	void (*unsolicited)(struct connection *c, void *data); /* bytes that nobody had asked for, at most once each */
	void (*freed)(void *data);
	void *data;
};

struct connection {
	enum connection_state state;
	struct outcome outcome; /* of the request on it */

	/* the owner's, on whatever lists it likes; unlinked by the owner */
	struct list place;
	struct list deadline;
	struct list connect_deadline;

	/* private */
	const struct connection_owner *owner;
	uv_poll_t poll;
	int fd;
	int events;
	const struct message *message;
	size_t sent;    /* of head and body together */
	int send_error; /* errno of the send that failed: what was received before it still counts */
	struct response response;
	char pod[OUTCOME_POD_SIZE];
	char upstream[OUTCOME_UPSTREAM_SIZE];
	char last_pod[OUTCOME_POD_SIZE];
	uint64_t number;
	uint32_t served;
	int64_t idle_since_ns;
	uint16_t local_port, remote_port;
};

/* Connects and then sends. NULL: it failed at once, and the outcome says how (ended_ns included). The outcome given
 * carries what the caller knows: schedule, mode, target, connection number. */
struct connection *connection_open(const struct connection_owner *owner, const struct load_target *to,
				   const struct message *message, struct outcome *outcome);
/* A last look before it is used again: true when it is still open and silent. Otherwise it is CLOSED, after `left`. */
bool connection_is_usable(struct connection *c);
/* Another request on an IDLE one; `ended` may come from inside the call. */
void connection_reuse(struct connection *c, const struct message *message, const struct outcome *outcome);
/* Its time is up: ends as its phase's timeout, and closes. */
void connection_time_out(struct connection *c);
/* Without a word to the owner but `freed`. */
void connection_close(struct connection *c);

#endif
