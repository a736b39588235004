/* connections.h - the connections that the app has accepted, and which of them wait for an answer.
 *
 * The ports are the app's: given, or those that somebody listens on in this network namespace, loopback and our own
 * probe port apart. A port once seen stays: the app may close its listener before its connections.
 *
 * A connection is busy when bytes are unread or unsent, or the last that moved came from the peer. The kernel's times
 * tick every few milliseconds, so a tie is busy too, until an ACK shows that an answer has arrived or the tie is old. A
 * protocol in which clients have the last word (HTTP/2's WINDOW_UPDATE) looks busy for longer than it is.
 */
#ifndef HELPER_CONNECTIONS_H
#define HELPER_CONNECTIONS_H

#include "diag.h"

#define CONNECTIONS_PORTS_MAX 32
#define CONNECTIONS_PEERS_MAX 16
#define CONNECTIONS_MAX 65536 /* of which we keep an eye on; more are counted only */

struct connections_peer {
	uint8_t family, address[16];
};

struct connections_config {
	uint16_t ports[CONNECTIONS_PORTS_MAX]; /* none: found out */
	int port_count;
	uint16_t own_port; /* our probe port; 0: none */
	struct connections_peer ignored[CONNECTIONS_PEERS_MAX];
	int ignored_count;
};

struct connections_sight {
	uint64_t open, in_flight;
	uint64_t waiting;  /* accepted by the kernel, not yet by the app */
	uint64_t arrivals; /* data segments that came since the last look; new connections' are not among them */
};

struct connection;

struct connections {
	struct connections_config config;
	uint16_t ports[CONNECTIONS_PORTS_MAX];
	int port_count;
	int diag_fd;
	struct connection *all;
	unsigned count, capacity;
	unsigned round; /* of dumps: what it does not show any more has gone */
	struct connections_sight sight;
	int64_t now_ns;
};

/* 0 or a negative errno when the kernel refuses; then there is nothing to ask. */
int connections_init(struct connections *c, const struct connections_config *config)
	__attribute__((warn_unused_result));
void connections_finish(struct connections *c); /* zeroed is fine */
/* All of them, with a dump. */
int connections_find(struct connections *c, int64_t now_ns) __attribute__((warn_unused_result));
/* Those that are known, one by one; new ones are not seen. */
int connections_look(struct connections *c, int64_t now_ns) __attribute__((warn_unused_result));
/* Which ports are watched; also what connections_find does first. */
int connections_find_ports(struct connections *c) __attribute__((warn_unused_result));
/* Data segments that came on those open now: about one a request. */
uint64_t connections_segments(const struct connections *c);

/* What is remembered of one between two looks. */
struct connection {
	struct diag_key key;
	unsigned round;
	bool is_busy, is_seen;
	uint64_t bytes_received, bytes_sent;
	uint32_t segments_in, data_segments_in;
	int64_t changed_ns;
};

/* Takes in what was seen; is_busy is the result. True: something came since the last time. Pure. */
bool connection_update(struct connection *c, const struct diag_socket *s, int64_t now_ns);

#endif
