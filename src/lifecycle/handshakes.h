/* handshakes.h - what the kernel knows of a listener's handshakes, and a way to have no more of them. */
#ifndef LIFECYCLE_HANDSHAKES_H
#define LIFECYCLE_HANDSHAKES_H

#include <stdint.h>

/* A socket filter that drops SYNs: no new handshakes, those under way go on. 0 or a negative errno. */
int lameduck_handshakes_hold(int fd);
/* The port that `fd` is bound to, in network order. 0 or a negative errno. */
int lameduck_handshakes_port(int fd, uint16_t *ret_port);
/* Handshakes under way for a port in network order, over IPv4 and IPv6, or a negative errno. Walks the host's whole
 * socket table: from a tenth of a millisecond to some tens. */
int lameduck_handshakes_count(uint16_t port);

#endif
