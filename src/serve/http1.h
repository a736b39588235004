/* http1.h - a connection's requests, one after the other: parsed, worked on, answered. Private to this room. */
#ifndef SERVE_HTTP1_H
#define SERVE_HTTP1_H

#include "connection.h"

#include <stddef.h>

/* What was read: parses and answers until it ends, an answer takes time, or the peer takes none. */
void http1_take(struct connection *c, const char *data, size_t length);
/* With what came behind, after an answer or once the peer has taken what it was owed. */
void http1_go_on(struct connection *c);
/* An answer of our own, now, the connection's last. */
void http1_refuse(struct connection *c, int status, const char *body);
bool http1_is_in_content(const struct connection *c); /* of a request whose head is whole */
void http1_close(struct connection *c);
/* Working: it waits for a worker. */
bool http1_is_queued(const struct connection *c);
/* Working: the client has ended its side. Perhaps it has left, and need not be worked for; perhaps it waits. */
void http1_ask(struct connection *c);
/* Working: the client has left. */
void http1_leave(struct connection *c);
void http1_free_spare(struct lane *l);

#endif
