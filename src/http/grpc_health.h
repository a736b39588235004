/* grpc_health.h - grpc.health.v1.Health/Check, which Kubernetes' `grpc` probes ask: a request's bytes in, the answer
 * out.
 *
 * One method, two messages of one field each, written by hand. A service that is not listed is NOT_FOUND, as the
 * protocol wants of Check (SERVICE_UNKNOWN is Watch's word); Watch and everything else is UNIMPLEMENTED, and clients
 * fall back. No sockets, no allocation.
 */
#ifndef HTTP_GRPC_HEALTH_H
#define HTTP_GRPC_HEALTH_H

#include "base/text.h"
#include "h2_server.h"

#include <stdbool.h>
#include <stddef.h>

/* Collect a request's content in a text of this maximum; more is RESOURCE_EXHAUSTED. */
#define GRPC_HEALTH_REQUEST_MAX 1024
#define GRPC_HEALTH_REPLY_SIZE 7

/* https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
enum grpc_status {
	GRPC_OK = 0,
	GRPC_NOT_FOUND = 5,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
};

struct grpc_service {
	const char *name; /* "": the server as a whole */
	bool is_serving;
};

struct grpc_reply {
	enum grpc_status status;
	const char *message; /* for people; "" when all is well */
	char content[GRPC_HEALTH_REPLY_SIZE];
	size_t length;
};

/* Is it gRPC, and so to be answered like this, by its content-type (NULL: none)? */
bool grpc_is_request(const char *content_type);
struct grpc_reply grpc_health_check(const char *path, const struct text *content, const struct grpc_service *services,
				    size_t service_count);
/* As h2_request_answer. */
int grpc_reply_send(const struct grpc_reply *reply, struct h2_request *r);

#endif
