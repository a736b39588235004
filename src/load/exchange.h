/* exchange.h - one request on its way and what becomes of it, on whichever connection carries it: one at a time
 * (HTTP/1) or many (HTTP/2).
 *
 * They come from a store and go back to it, so that a load that runs allocates nothing for a request.
 */
#ifndef LOAD_EXCHANGE_H
#define LOAD_EXCHANGE_H

#include "base/list.h"
#include "content.h"
#include "http/h2_client.h"
#include "message.h"
#include "outcome.h"

struct connection;

struct exchange {
	/* Its protocol keeps status, bytes_sent, bytes_received, pod and upstream up to date, or tells them when asked
	 * (connection_tell). */
	struct outcome outcome;
	struct content_reader reader; /* of its answer's body, when the load asks for something there */
	const struct message *message;
	struct connection *connection; /* NULL: none carries it */
	struct list place;             /* among those of its connection; with none, the owner's */
	bool is_waiting;               /* for its connection to take it: not a byte of it has left us */

	/* HTTP/2's */
	struct h2_stream stream;
	uint64_t heard; /* bytes that had come on the connection when it was sent */

	/* the owner's, on whatever lists it likes; unlinked by the owner */
	struct list deadline;
	struct list connect_deadline;
	int64_t held_before_ns;
};

struct exchanges {
	struct list unused;
};

void exchanges_init(struct exchanges *s);
/* With an empty outcome, on no list. */
struct exchange *exchanges_take(struct exchanges *s);
void exchanges_give_back(struct exchanges *s, struct exchange *x);
void exchanges_finish(struct exchanges *s); /* once all have been given back */

#endif
