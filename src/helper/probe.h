/* probe.h - a readiness endpoint for an app without one: /readyz (/ready) and /livez (/alive), HTTP/1.1, one answer a
 * connection. Not ready before the app is, nor from TERM on; alive always.
 *
 * A peer gets a second to say what it wants; of more than PROBE_MAX at a time the oldest goes.
 */
#ifndef HELPER_PROBE_H
#define HELPER_PROBE_H

#include "base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define PROBE_MAX 8

struct probe {
	int listener; /* -1: none */
	bool is_ending;
	const char *ready_file; /* NULL: not looked at */
	uint16_t ready_port;    /* 0: not looked at */
	int diag_fd;
	struct probe_peer {
		int fd;
		int64_t since_ns;
	} peers[PROBE_MAX];
	int count;
	void (*accepted)(void *data); /* once for each connection */
	void *data;
};

/* Port 0: no endpoint. IPv6 and IPv4 alike where there is IPv6. */
int probe_open(struct probe *p, uint16_t port, struct err *err) __attribute__((warn_unused_result));
void probe_close(struct probe *p);
/* What to poll: at most 1 + PROBE_MAX. */
int probe_poll(const struct probe *p, struct pollfd *ret_fds);
void probe_serve(struct probe *p, int64_t now_ns);
/* When somebody has been silent for too long; INT64_MAX: nobody waits. */
int64_t probe_next_ns(const struct probe *p);
bool probe_app_is_ready(const struct probe *p);
/* 200, 404, 503 or 400 for the first line of a request. Pure. */
int probe_answer(const char *line, bool is_ready);

#endif
