/* address.h - names and numbers to socket addresses. Looking up a name blocks: do it before the loop runs. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* `host` is a name, an IPv4 or an IPv6 address without brackets. Of a name with several addresses the first IPv4 one is
 * taken, else the first: what listens on every address nearly always has IPv4, and "localhost" is ::1 first. */
int address_resolve(const char *host, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_length,
		    struct err *err) __attribute__((warn_unused_result));

/* Of a number, never a name: "127.0.0.1", "::1". */
bool address_parse(const char *number, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_length);

uint16_t address_port(const struct sockaddr_storage *a);                                /* 0 when it has none */
bool address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b); /* port included */

#endif
