/* accepting.h - the listening socket: who comes in, to which lane, and how it is closed. Private to this room.
 *
 * One socket and one thread that accepts, whatever the number of lanes: a listener for each (SO_REUSEPORT) would be as
 * many queues to lose connections from, and spreads them by a hash; here each goes to the lane that has fewest.
 */
#ifndef SERVE_ACCEPTING_H
#define SERVE_ACCEPTING_H

#include "base/err.h"

#include <lameduck.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct server;

struct accepting {
	struct server *server;
	int fd; /* -1 once closed */
	uint16_t port;
	bool is_for_probes; /* its connections hold nothing up, and are there to the end */
	bool is_listening;
	bool is_last;  /* no handshake can come any more: closed once its queue is empty */
	unsigned turn; /* the lane that is asked first */
	uv_poll_t poll;
	uv_timer_t retry; /* when descriptors ran out */
};

/* Holds the port: whoever connects is refused until accepting_start. */
int accepting_open(struct accepting *a, struct server *s, uint16_t port, struct err *err)
	__attribute__((warn_unused_result));
int accepting_start(struct accepting *a, struct err *err) __attribute__((warn_unused_result));
/* What liblameduck calls back: no handshake can come to it any more. Takes what is queued, then closes. */
void accepting_on_retired(struct lameduck *duck, int fd, void *server);
/* At once; what is queued is taken first, or reset. Twice is fine. */
void accepting_close(struct accepting *a, bool takes_queued);
/* Its handles too. */
void accepting_finish(struct accepting *a);

#endif
