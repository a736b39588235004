/* url.h - the URLs people type: "http[s]://host[:port][/path][?query]", the host a name, an IPv4 or a bracketed IPv6
 * address.
 *
 * What is not sent (a fragment) is dropped; what we cannot do (a user name) or what would not be a valid request
 * (blanks, control characters, bytes above 127) is refused with a message that names the URL.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define URL_MAX 8192
#define URL_HOST_MAX 255

struct url {
	char *host; /* without the brackets of an IPv6 address */
	char *path; /* with the query; "/" when there was none */
	uint16_t port;
	bool is_tls;  /* https */
	bool is_ipv6; /* the host is an IPv6 address */
};

int url_parse(const char *text, struct url *ret_url, struct err *err) __attribute__((warn_unused_result));
void url_finish(struct url *u); /* a zeroed one is fine */

/* What the Host header says: brackets as needed, the port unless it is the scheme's own. The caller frees. */
char *url_host_header(const struct url *u) __attribute__((warn_unused_result));

#endif
