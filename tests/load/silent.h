/* silent.h - an address that takes connections and never says a word, one where nobody listens, and a load for both. */
#ifndef TESTS_LOAD_SILENT_H
#define TESTS_LOAD_SILENT_H

#include "base/clock.h"
#include "load/load.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct silent {
	int fd; /* its backlog completes the handshakes */
	struct sockaddr_storage address;
};

/* Of a backlog of 0 one connection is completed, perhaps two; the rest hear nothing at all. */
static inline struct silent silent_open_with(int backlog)
{
	struct silent s = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	struct sockaddr_in *in = (struct sockaddr_in *)&s.address;
	socklen_t length = sizeof *in;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s.fd, (struct sockaddr *)in, length), 0);
	assert_int_equal(listen(s.fd, backlog), 0);
	assert_int_equal(getsockname(s.fd, (struct sockaddr *)in, &length), 0);
	return s;
}

static inline struct silent silent_open(void)
{
	return silent_open_with(1024);
}

/* The address stays, and connections to it are refused from now on. */
static inline void silent_close(struct silent *s)
{
	(void)close(s->fd);
}

static inline struct load_config silent_load(const struct silent *s, double rate, int64_t requests)
{
	static const char *const paths[] = {"/", NULL};
	struct load_config c = {
		.target_count = 1,
		.host_header = "silent",
		.method = "GET",
		.paths = paths,
		.rate = rate,
		.keepalive = true,
		.requests = requests,
		.timeout_ns = 60 * NS_PER_S,
		.connect_timeout_ns = 60 * NS_PER_S,
	};
	c.targets[0].address = s->address;
	c.targets[0].address_length = sizeof(struct sockaddr_in);
	return c;
}

#endif
