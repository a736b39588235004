/* connect.h - begins a TCP connection without waiting for it, and says afterwards what became of it. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include <stdint.h>
#include <sys/socket.h>

/* `device` "" or the interface by which it must leave. 0: connected at once; -EINPROGRESS: wait until it is writable,
 * then ask connect_result; both hand out a non-blocking, close-on-exec socket with TCP_NODELAY. Any other negative
 * errno: it failed, there is no socket. The local port is filled in whenever the kernel had chosen one, else 0. */
int connect_begin(const struct sockaddr_storage *to, socklen_t length, const char *device, int *ret_fd,
		  uint16_t *ret_local_port) __attribute__((warn_unused_result));
int connect_result(int fd); /* 0 or a negative errno */
/* The shortest round trip that the kernel has seen on this connection; 0 when it was never made. */
int64_t connect_rtt_ns(int fd);

#endif
