// SPDX-License-Identifier: Apache-2.0
#include "preflight.h"

#include "base/clock.h"
#include "net/address.h"
#include "net/connect.h"
#include "net/tls.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define PATIENCE_NS (5 * NS_PER_S) /* for all servers together */

static bool preflight_wait(int fd, int wants, int64_t until_ns)
{
	int64_t left_ns = until_ns - clock_ns();
	struct pollfd p = {.fd = fd, .events = wants == STREAM_WRITABLE ? POLLOUT : POLLIN};
	return left_ns > 0 && poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1) > 0;
}

static int preflight_shake_hands(struct stream *s, int64_t until_ns, struct err *err)
{
	int rc = connect_result(s->fd);
	while (rc == 0 && (rc = tls_handshake(s, err)) == -EAGAIN)
		rc = preflight_wait(s->fd, s->wants, until_ns) ? 0 : -ETIMEDOUT;
	return rc;
}

static int preflight_target(const struct load_config *config, const struct load_target *t, int64_t until_ns,
			    struct err *err)
{
	int fd;
	uint16_t port;
	struct stream s;
	int rc = connect_begin(&t->address, t->address_length, t->device, CONNECT_NODELAY, &fd, &port);
	if (rc < 0 && rc != -EINPROGRESS)
		return rc;
	stream_init(&s, fd);
	rc = -ETIMEDOUT;
	if (preflight_wait(fd, STREAM_WRITABLE, until_ns))
		rc = tls_begin(&s, config->tls, t->tls_host);
	if (rc == 0)
		rc = preflight_shake_hands(&s, until_ns, err);
	if (rc == 0)
		(void)stream_shutdown(&s);
	stream_close(&s);
	return rc;
}

static bool preflight_is_known(const struct load_config *config, int i)
{
	const struct load_target *t = &config->targets[i];
	for (const struct load_target *before = config->targets; before < t; before++)
		if (before->tls_host && !strcmp(before->tls_host, t->tls_host) &&
		    address_equal(&before->address, &t->address))
			return true;
	return false;
}

int preflight_run(const struct load_config *config, int *ret_target, struct err *err)
{
	int64_t patience_ns = config->connect_timeout_ns < PATIENCE_NS ? config->connect_timeout_ns : PATIENCE_NS;
	int64_t until_ns = clock_ns() + patience_ns;
	for (int i = 0; i < config->target_count; i++) {
		struct err why = {0};
		if (!config->targets[i].tls_host || preflight_is_known(config, i) ||
		    preflight_target(config, &config->targets[i], until_ns, &why) != -EKEYREJECTED)
			continue;
		*ret_target = i;
		if (err)
			*err = why;
		return -EKEYREJECTED;
	}
	return 0;
}
