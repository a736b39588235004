/* resolve.h - where a name leads to, as people say it beforehand: "shop.example:80:127.0.0.1". IPv6 addresses may be in
 * brackets. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/err.h"
#include "url.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct resolve {
	char host[URL_HOST_MAX + 1];
	uint16_t port;
	struct sockaddr_storage address; /* with that port */
	socklen_t address_length;
};

int resolve_parse(const char *word, struct resolve *ret_resolve, struct err *err) __attribute__((warn_unused_result));
bool resolve_matches(const struct resolve *r, const char *host, uint16_t port);

#endif
