/* handler.h - what a probe or a lifecycle hook does: a command, a request, a connection, a sleep. */
#ifndef MANIFEST_HANDLER_H
#define MANIFEST_HANDLER_H

#include "fields.h"

/* The kinds of handler as they stand in the mapping of a probe or a hook; at most one may be there. */
struct handler_nodes {
	const struct node *exec, *httpGet, *tcpSocket, *grpc, *sleep;
};

void handler_init(struct handler *h); /* HANDLER_NONE; strings and lists empty, never NULL */
/* `n` is the mapping that holds them, called `what` in messages. */
int handler_read(struct reader *r, const struct node *n, const char *what, const struct handler_nodes *in,
		 struct handler *h) __attribute__((warn_unused_result));

#endif
