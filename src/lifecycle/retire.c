// SPDX-License-Identifier: Apache-2.0
#include "retire.h"

#include "handshakes.h"
#include "instant.h"

/* A SYN that passed just before the filter may not be in the table yet: the first look waits for it. */
#define SETTLE_NS NS_PER_MS
/* A look walks the host's whole socket table: not every millisecond, and at most a fifth of the time. */
#define LOOK_NS (25 * NS_PER_MS)
#define LOOK_SHARE 4
/* A peer that never answers our SYN-ACK must not hold us for the minute that the kernel goes on trying. */
#define CAP_NS (2 * NS_PER_S)

int lameduck_listener_retire(struct lameduck_listener *r, int fd)
{
	int rc = lameduck_handshakes_hold(fd);
	int64_t now_ns = lameduck_now_ns();
	*r = (struct lameduck_listener){.fd = fd, .since_ns = now_ns, .next_ns = now_ns + SETTLE_NS};
	return rc;
}

bool lameduck_listener_look(struct lameduck_listener *r, int count, int64_t now_ns, int64_t cost_ns)
{
	r->next_ns = now_ns + (cost_ns * LOOK_SHARE > LOOK_NS ? cost_ns * LOOK_SHARE : LOOK_NS);
	/* Without eyes, the time that a few retransmitted handshakes need is the best there is. */
	int64_t cap_ns = count < 0 ? CAP_NS / 4 : CAP_NS;
	return count == 0 || now_ns - r->since_ns >= cap_ns;
}

int lameduck_listener_step(struct lameduck_listener *r)
{
	int64_t start_ns = lameduck_now_ns();
	if (start_ns >= r->next_ns) {
		uint16_t port = 0;
		int count = lameduck_handshakes_port(r->fd, &port);
		if (count == 0)
			count = lameduck_handshakes_count(port);
		int64_t now_ns = lameduck_now_ns();
		if (lameduck_listener_look(r, count, now_ns, now_ns - start_ns))
			return 0;
		start_ns = now_ns;
	}
	return lameduck_ms_until(r->next_ns, start_ns);
}
