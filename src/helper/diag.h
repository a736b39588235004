/* diag.h - what the kernel knows of this network namespace's TCP sockets, by sock_diag(7): no privilege needed.
 *
 * A dump walks the table of the whole host (milliseconds); asking for one socket by its addresses takes about 1 us.
 */
#ifndef HELPER_DIAG_H
#define HELPER_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAG_ESTABLISHED 1
#define DIAG_SYN_RECV 3
#define DIAG_CLOSE_WAIT 8
#define DIAG_LISTEN 10
#define DIAG_STATE(state) (1u << (state))

/* Who it is: sock_diag's own key. Ports in host order; an IPv4 address in the first 4 bytes. */
struct diag_key {
	uint8_t family;
	uint16_t local_port, remote_port;
	uint32_t interface;
	uint8_t local[16], remote[16];
	uint32_t cookie[2];
};

struct diag_socket {
	struct diag_key key;
	uint8_t state;
	uint32_t unread, unsent; /* bytes; a listener: connections that wait to be accepted, and how many may */
	bool has_info;           /* the rest: TCP_INFO, milliseconds ago and totals */
	uint32_t received_ms, sent_ms, acked_ms;
	uint64_t bytes_received, bytes_sent;
	uint32_t segments_in, data_segments_in;
};

typedef void diag_each(const struct diag_socket *s, void *data);

int diag_open(void); /* a descriptor, or a negative errno */
/* Every socket of the family (AF_INET, AF_INET6) in one of the states. 0 or a negative errno. */
int diag_dump(int fd, int family, unsigned states, diag_each *each, void *data) __attribute__((warn_unused_result));
/* This one as it is now. -ENOENT when it has gone. */
int diag_look(int fd, const struct diag_key *key, struct diag_socket *ret_socket) __attribute__((warn_unused_result));

/* One datagram of an answer. 1: it was the last; 0: more follow; else a negative errno, the kernel's or -EPROTO. Pure.
 */
int diag_parse(const void *data, size_t length, diag_each *each, void *each_data);

#endif
