/* listen.h - listening TCP sockets, non-blocking and closed on exec.
 *
 * Opening and listening are two steps: an open socket holds its port, and whoever connects meanwhile is refused.
 * Addresses are numbers ("0.0.0.0", "::"), never names; "::" takes IPv4 too.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/err.h"

#include <stdint.h>

/* Port 0: any; *ret_port is the one taken. */
int listen_open(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port, struct err *err)
	__attribute__((warn_unused_result));
int listen_start(int fd, struct err *err) __attribute__((warn_unused_result));
/* A connection, non-blocking and without Nagle's delay; -EAGAIN when none waits, else a negative errno. */
int listen_accept(int fd) __attribute__((warn_unused_result));

#endif
