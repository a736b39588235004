// SPDX-License-Identifier: Apache-2.0
#include "listener.h"

#include "handshakes.h"
#include "retire.h"

int listener_retire(struct listener *l, int fd, int64_t now_ns, struct err *err)
{
	*l = (struct listener){.fd = fd, .since_ns = now_ns};
	int rc = lameduck_handshakes_hold(fd);
	return rc < 0 ? err_system(err, -rc, "cannot hold back new connections") : 0;
}

int listener_count_handshakes(int fd)
{
	uint16_t port = 0;
	int rc = lameduck_handshakes_port(fd, &port);
	return rc < 0 ? rc : lameduck_handshakes_count(port);
}

bool listener_is_done(struct listener *l, int64_t now_ns)
{
	struct lameduck_listener r = {.fd = l->fd, .since_ns = l->since_ns};
	int count = listener_count_handshakes(l->fd);
	l->quiet_looks = count == 0 ? l->quiet_looks + 1 : 0;
	return lameduck_listener_look(&r, count, now_ns, 0) && (count != 0 || l->quiet_looks > 1);
}
