/* flows.h - which pod each connection was sent to, from the moment of its first packet.
 *
 * The rules of each Service log every new connection (NFLOG) with the address of the pod that was chosen for it. One
 * listener per namespace keeps them: the client's port and the pod. This names the pod of a request that got no answer
 * at all, also where the packet found no way and conntrack never confirmed it. 16 bytes per connection, kept for the
 * run.
 */
#ifndef LAB_FLOWS_H
#define LAB_FLOWS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define FLOWS_GROUP 1 /* of NFLOG; the prefix is the pod's address as text */

struct flow {
	int64_t at_ns;        /* when we read of it: on a busy machine, later than it was */
	uint32_t pod_address; /* network order */
	uint16_t client_port; /* host order */
};

struct flows {
	uv_poll_t poll;
	int fd;
	struct flow *items; /* in order of time */
	size_t count, capacity;
	uint64_t missed; /* times that the kernel dropped records because we were late */
};

/* In the namespace that we are in. */
int flows_init(struct flows *f, uv_loop_t *loop, struct err *err) __attribute__((warn_unused_result));
void flows_finish(struct flows *f); /* the loop must turn once more to let go of the handle */

/* All that the kernel has told by now, without waiting for the loop to say so. */
void flows_read(struct flows *f);
/* The pod that a connection from this client port was sent to last within these instants (network order), else first
 * after them, as we may have read of it late; 0: none. */
uint32_t flows_pod(const struct flows *f, uint16_t client_port, int64_t from_ns, int64_t to_ns);

#endif
