/* http1.h - what HTTP/1 keeps for a connection: one exchange at a time, answered before the next is sent. */
#ifndef LOAD_HTTP1_H
#define LOAD_HTTP1_H

#include "http/response.h"

struct exchange;

struct http1 {
	struct exchange *exchange; /* NULL: nothing is asked */
	struct response response;
};

#endif
