/* http2.h - what HTTP/2 keeps for a connection: many exchanges at the same time. Those that the server does not take
 * yet wait on the connection; not a byte of them has left us, and when it takes no more they are given back. */
#ifndef LOAD_HTTP2_H
#define LOAD_HTTP2_H

#include <stdbool.h>
#include <stdint.h>

struct h2_client;

struct http2 {
	struct h2_client *client;
	uint32_t waiting; /* exchanges */
	uint64_t heard;   /* bytes of any kind: a connection that is silent for a whole timeout gets no more */
	bool is_fresh;    /* for one exchange only */
	bool is_reading;  /* inside the client: nothing can be taken out of it */
};

#endif
