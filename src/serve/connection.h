/* connection.h - one client's connection, from accept to the end. Private to this room.
 *
 *   reading ──request──▶ queued ──▶ working ──answer──▶ reading
 *                                      └──last answer──▶ last ──written──▶ lingering ──EOF or time──▶ closed
 *
 * After the last answer comes shutdown(SHUT_WR), then reading until the peer closes: closing with bytes unread would
 * send a reset that may overtake the answer. A connection owns itself: it is freed when its handles have closed.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "server.h"

struct connection;

void connection_create(struct server *s, int fd);    /* takes fd */
struct connection *connection_of(struct list *link); /* a link of server->connections */
/* Draining has begun: what has not spoken gets a moment to. */
void connection_expect_first(struct connection *c);
bool connection_has_spoken(const struct connection *c);
/* Between two requests, as far as we have read. */
bool connection_is_idle(const struct connection *c);
/* At the deadline: an answer 503 for what was asked, a quiet end for what is idle. */
void connection_dismiss(struct connection *c);
void connection_drop(struct connection *c);
/* Before it is closed for good: counts what gets lost by that. */
void connection_count_cut(struct connection *c);

#endif
