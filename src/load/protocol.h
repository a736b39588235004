/* protocol.h - what a connection asks of the protocol that is spoken on it.
 *
 * The connection owns the socket, its states and what is in flight; the protocol knows which bytes to send, what those
 * that come mean, and when an exchange is over. It answers through the second half of connection.h. Each exchange is
 * told over exactly once, and none after that is touched.
 */
#ifndef LOAD_PROTOCOL_H
#define LOAD_PROTOCOL_H

#include "failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct connection;
struct exchange;

#define PROTOCOL_PARTS_MAX 16

struct protocol {
	bool is_shared; /* many exchanges at the same time, which may wait together for the connection to stand */
	/* Before the first byte, and after the last: what the protocol keeps in the connection. */
	void (*begin)(struct connection *c);
	void (*finish)(struct connection *c);
	/* May another exchange be begun, besides those that are on it? */
	bool (*has_room)(const struct connection *c);
	/* Will none ever be begun on it again? NULL: that is known only at the end of the one that is on it. */
	bool (*is_closing)(const struct connection *c);
	/* `x` is on the connection from now on; its bytes are to be given, unless it has to wait (`is_waiting`). */
	void (*take)(struct connection *c, struct exchange *x);
	/* What is to be sent next, in at most PROTOCOL_PARTS_MAX parts, good until `gave`; 0: nothing. */
	int (*give)(struct connection *c, struct iovec *parts);
	void (*gave)(struct connection *c, size_t length);
	/* True: read on. False: it is no longer what it was, as the exchange that was read for is over. */
	bool (*feed)(struct connection *c, const char *data, size_t length);
	/* The peer's end while exchanges are on it. */
	void (*end)(struct connection *c);
	/* How far `x` has come, on a connection that stands. */
	enum failure_phase (*phase)(const struct connection *c, const struct exchange *x);
	/* Brings its outcome up to date. NULL: it is at all times. */
	void (*tell)(const struct connection *c, struct exchange *x);
	/* Gives up `x` alone; it is taken off next, and what is to be said about it is asked for. NULL: the whole
	 * connection goes. */
	void (*abandon)(struct connection *c, struct exchange *x);
};

extern const struct protocol http1_protocol;
extern const struct protocol http2_protocol;

#endif
