/* message.h - the heads of the requests, written once for each version of HTTP: what differs from one request to the
 * next is only which. */
#ifndef LOAD_MESSAGE_H
#define LOAD_MESSAGE_H

#include "http/h2_client_request.h"
#include "load.h"

struct message {
	const char *head;
	size_t head_length;
	const char *body; /* borrowed from the configuration */
	size_t body_length;
	bool is_head;                /* the method is HEAD: the answer has no body */
	struct h2_client_request h2; /* the same for HTTP/2 */
};

/* What a method or the name of a header can be. */
bool message_is_token(const char *word, size_t length);

struct messages;
/* Refuses a method, path or header that would not be one request on the wire. */
int messages_create(const struct load_config *config, struct messages **ret_messages, struct err *err)
	__attribute__((warn_unused_result));
void messages_destroy(struct messages *m);
/* `path` counts on and on; fresh: says "Connection: close". Borrowed. */
const struct message *messages_find(const struct messages *m, int target, uint64_t path, bool fresh);

#endif
