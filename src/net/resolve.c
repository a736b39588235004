// SPDX-License-Identifier: Apache-2.0
#include "resolve.h"

#include "address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool resolve_port(const char *p, size_t length, uint16_t *ret_port)
{
	unsigned port = 0;
	if (length == 0 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)p[i]))
			return false;
		port = port * 10 + (unsigned)(p[i] - '0');
	}
	*ret_port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* Copies without the brackets of an IPv6 address. */
static bool resolve_copy(const char *p, size_t length, char *out, size_t size)
{
	if (length >= 2 && p[0] == '[' && p[length - 1] == ']') {
		p++;
		length -= 2;
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(out, p, length);
	out[length] = '\0';
	return true;
}

int resolve_parse(const char *word, struct resolve *ret_resolve, struct err *err)
{
	struct resolve r = {0};
	char address[64];
	const char *host_end = word[0] == '[' ? strchr(word, ']') : word;
	host_end = host_end ? strchr(host_end, ':') : NULL;
	const char *port_end = host_end ? strchr(host_end + 1, ':') : NULL;
	if (!port_end || !resolve_copy(word, (size_t)(host_end - word), r.host, sizeof r.host))
		return err_input(err, "'%s': expected HOST:PORT:ADDRESS", word);
	if (!resolve_port(host_end + 1, (size_t)(port_end - host_end - 1), &r.port))
		return err_input(err, "'%s': '%.*s' is not a port (1 to 65535)", word, (int)(port_end - host_end - 1),
				 host_end + 1);
	if (!resolve_copy(port_end + 1, strlen(port_end + 1), address, sizeof address) ||
	    !address_parse(address, r.port, &r.address, &r.address_length))
		return err_input(err, "'%s': '%s' is not an IP address", word, port_end + 1);
	*ret_resolve = r;
	return 0;
}

bool resolve_matches(const struct resolve *r, const char *host, uint16_t port)
{
	return r->port == port && !strcasecmp(r->host, host);
}
