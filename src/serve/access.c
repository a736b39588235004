// SPDX-License-Identifier: Apache-2.0
#include "access.h"

#include "base/clock.h"
#include "base/units.h"
#include "connection.h"
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

static void write_peer(struct text *out, int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof peer;
	char host[64], port[8];
	const int flags = NI_NUMERICHOST | NI_NUMERICSERV;
	if (getpeername(fd, (struct sockaddr *)&peer, &length) == -1 ||
	    getnameinfo((struct sockaddr *)&peer, length, host, sizeof host, port, sizeof port, flags) != 0)
		text_add(out, "peer=-");
	else
		text_printf(out, peer.ss_family == AF_INET6 ? "peer=[%s]:%s" : "peer=%s:%s", host, port);
}

/* The client's bytes must not look like fields or lines of ours. */
static void write_quoted(struct text *out, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)data[i];
		if (c == '"' || c == '\\' || c < ' ' || c > '~')
			text_printf(out, "\\x%02x", c);
		else
			text_append(out, data + i, 1);
	}
}

void access_add(const struct connection *c, const struct access *a)
{
	struct lane *l = c->lane;
	struct text *out = &l->access;
	char took[UNITS_SIZE];
	if (!l->server->config->logs_access)
		return;
	if (out->length > out->max / 2)
		access_flush(l);
	text_add(out, "zerodrop serve: access ");
	write_peer(out, c->stream.fd);
	text_printf(out, " method=%s target=\"", a->method);
	write_quoted(out, a->target, a->target_length);
	text_printf(out, "\" status=%d took=%s connection=%" PRIu64 " request=%" PRIu32 " state=%s\n", a->status,
		    units_write_duration(a->began_ns ? clock_ns() - a->began_ns : 0, took), c->number, c->requests,
		    lameduck_state_name(lameduck_get_state(l->server->duck)));
}

void access_flush(struct lane *l)
{
	struct text *out = &l->access;
	for (size_t done = 0; done < out->length;) {
		ssize_t n = write(l->server->config->as_json ? STDERR_FILENO : STDOUT_FILENO, out->data + done,
				  out->length - done);
		if (n == -1 && errno != EINTR)
			break; /* nobody reads it any more */
		done += n > 0 ? (size_t)n : 0;
	}
	if (out->length)
		text_reset(out);
}
