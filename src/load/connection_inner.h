/* connection_inner.h - what the parts of connection.h share: connection.c (bytes and events), connection_open.c,
 * connection_end.c. */
#ifndef LOAD_CONNECTION_INNER_H
#define LOAD_CONNECTION_INNER_H

#include "connection.h"

/* For what its state asks. */
void connection_watch(struct connection *c);
/* Reads what is there; `all`: up to the end, which is there. */
void connection_receive(struct connection *c, bool all);
/* What the connection knows goes into the outcome of the exchange it takes. */
void connection_adopt(struct connection *c, struct exchange *x);

/* CONNECTING, and the socket is ready; HANDSHAKING, and what TLS waited for is there. */
void connection_on_connect(struct connection *c);
void connection_shake_hands(struct connection *c);

/* All that are on it fail, whatever phase they are in, and it is closed. */
void connection_fail_as(struct connection *c, enum outcome_kind kind, const char *detail);
/* A read or a write failed. */
void connection_break(struct connection *c, int number);

#endif
