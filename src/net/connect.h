/* connect.h - begins a TCP connection without waiting for it, and says afterwards what became of it. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include <stdint.h>
#include <sys/socket.h>

enum connect_option {
	CONNECT_NODELAY = 1, /* more than one write may follow another: none waits for the answer to the one before */
	/* Our first bytes end the handshake, in one packet with its last ACK: one packet less each, and the server has
	 * the request as soon as it has the connection. To be followed by connect_spoke(). */
	CONNECT_SPEAKS_FIRST = 2,
};

/* `device` "" or the interface by which it must leave. 0: connected at once; -EINPROGRESS: writing says when it is
 * (-EAGAIN until then), or once it is writable connect_result; both hand out a non-blocking, close-on-exec socket. Any
 * other negative errno: it failed, there is no socket. The local port is filled in whenever the kernel had chosen one,
 * else 0. */
int connect_begin(const struct sockaddr_storage *to, socklen_t length, const char *device, int options, int *ret_fd,
		  uint16_t *ret_local_port) __attribute__((warn_unused_result));
/* The first bytes have been sent: ACKs are as prompt as ever. Otherwise a server that writes its answer in two pieces
 * would wait 40 ms for the second. */
void connect_spoke(int fd);
int connect_result(int fd); /* 0 or a negative errno */
/* The shortest round trip that the kernel has seen on this connection; 0 when it was never made. */
int64_t connect_rtt_ns(int fd);

#endif
