/* limits.h - all that one peer can make a server hold, read or do in vain, for both versions of HTTP.
 *
 * Sizes are bytes. What goes beyond is answered with the status beside it, and a connection that only costs is ended
 * with GOAWAY ENHANCE_YOUR_CALM. There is no clock here: how long a peer may take is the server's to say.
 */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include <stdint.h>

/* What a server may set for itself. */
struct http_limits {
	uint32_t head_max;    /* request line and fields: 431 beyond */
	uint32_t fields_max;  /* how many fields: 431 beyond */
	uint64_t content_max; /* of a request, in HTTP/1 with its framing: 413 beyond */
};

#define HTTP_LIMITS_DEFAULT                                                                                            \
	{                                                                                                              \
		.head_max = 16 * 1024, .fields_max = 100, .content_max = 16 * 1024 * 1024                              \
	}

#define HTTP_TARGET_MAX 2048 /* 414 beyond */

/* HTTP/1, per request. Trailers have the limits of the head. */
#define HTTP_BLANKS_MAX 16       /* bytes of empty lines before it: 400 beyond */
#define HTTP_EXTENSIONS_MAX 4096 /* bytes of chunk extensions: 413 beyond */

/* HTTP/2, per connection. */
#define H2_STREAMS_MAX 256             /* requests at the same time: RST_STREAM REFUSED_STREAM beyond */
#define H2_STREAM_WINDOW (1 << 18)     /* what a request's content may be ahead of us */
#define H2_CONNECTION_WINDOW (1 << 20) /* and that of all together */
#define H2_FIELDS_HARD 4               /* times head_max: a head that takes even more ends the connection */
#define H2_CONTINUATIONS_MAX 8         /* per head */
#define H2_CANCELS_MAX 1000            /* requests cancelled or broken, beyond one for each that was answered */
#define H2_ACKS_MAX 1000               /* SETTINGS and PING that the peer has not taken our answers to */
#define H2_QUEUE_MAX 4000              /* frames that the peer does not take from us */

/* Frames that bring no request further cost points, and what is answered and sent pays for them. At one PING each
 * ten seconds and nothing else a connection lives for eleven days. */
#define H2_WASTE_MAX 100000
#define H2_COST_FRAME 1      /* PING, WINDOW_UPDATE, PRIORITY, RST_STREAM, what we don't know */
#define H2_COST_EMPTY 100    /* DATA, HEADERS or CONTINUATION without a byte and without an end */
#define H2_COST_SETTINGS 100 /* they have us set things up anew; GOAWAY costs the same */
#define H2_PAYS_ANSWERED 100 /* a request answered */
#define H2_PAYS_DATA 4       /* a DATA frame sent: it may come back as WINDOW_UPDATE twice */

#endif
