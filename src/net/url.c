// SPDX-License-Identifier: Apache-2.0
#include "url.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT 80
#define HTTPS_PORT 443

static uint16_t url_standard_port(const struct url *u)
{
	return u->is_tls ? HTTPS_PORT : HTTP_PORT;
}

static int url_scheme(const char *text, struct url *u, const char **ret_rest, struct err *err)
{
	const char *mark = strstr(text, "://");
	if (!mark)
		return err_input(err, "'%s' is not a URL: expected http://host[:port][/path]", text);
	size_t length = (size_t)(mark - text);
	u->is_tls = length == 5 && !strncasecmp(text, "https", 5);
	if (!u->is_tls && (length != 4 || strncasecmp(text, "http", 4)))
		return err_input(err, "'%s': no scheme '%.*s', expected http:// or https://", text, (int)length, text);
	*ret_rest = mark + 3;
	return 0;
}

/* `length` bytes between the brackets. */
static int url_ipv6(const char *text, const char *host, size_t length, struct url *u, struct err *err)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	if (length < sizeof copy) {
		memcpy(copy, host, length);
		copy[length] = '\0';
	}
	if (length >= sizeof copy || inet_pton(AF_INET6, copy, &address) != 1)
		return err_input(err, "'%s': '%.*s' is not an IPv6 address", text, (int)length, host);
	u->is_ipv6 = true;
	u->host = memory_copy(copy);
	return 0;
}

static int url_name(const char *text, const char *host, size_t length, struct url *u, struct err *err)
{
	if (length == 0)
		return err_input(err, "'%s': the host is missing", text);
	if (length > URL_HOST_MAX)
		return err_input(err, "'%s': the host is longer than %d", text, URL_HOST_MAX);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]))
			return err_input(err, "'%s': a host cannot contain '%c'", text, host[i]);
	u->host = memory_copy_n(host, length);
	return 0;
}

static int url_port(const char *text, const char *word, const char *end, uint16_t *ret_port, struct err *err)
{
	unsigned long port = 0;
	const char *p = word;
	while (p < end && isdigit((unsigned char)*p) && port < 65536)
		port = port * 10 + (unsigned long)(*p++ - '0');
	if (p != end || p == word || port == 0 || port > 65535)
		return err_input(err, "'%s': '%.*s' is not a port (1 to 65535)", text, (int)(end - word), word);
	*ret_port = (uint16_t)port;
	return 0;
}

/* "host", "host:port", "[address]", "[address]:port", up to `end`. */
static int url_authority(const char *text, const char *p, const char *end, struct url *u, struct err *err)
{
	if (memchr(p, '@', (size_t)(end - p)))
		return err_input(err, "'%s': a user in the URL is not supported; give an Authorization header", text);
	const char *after;
	int rc;
	if (p < end && *p == '[') {
		const char *close = memchr(p, ']', (size_t)(end - p));
		if (!close)
			return err_input(err, "'%s': the ']' of the address is missing", text);
		rc = url_ipv6(text, p + 1, (size_t)(close - p - 1), u, err);
		after = close + 1;
	} else {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		after = colon ? colon : end;
		rc = url_name(text, p, (size_t)(after - p), u, err);
	}
	if (rc < 0)
		return rc;
	u->port = url_standard_port(u);
	if (after == end)
		return 0;
	if (*after != ':')
		return err_input(err, "'%s': expected ':' or '/' after the address", text);
	return url_port(text, after + 1, end, &u->port, err);
}

static int url_parts(const char *text, struct url *u, struct err *err)
{
	const char *p = NULL;
	int rc = url_scheme(text, u, &p, err);
	if (rc < 0)
		return rc;
	const char *end = p + strcspn(p, "/?#");
	rc = url_authority(text, p, end, u, err);
	if (rc < 0)
		return rc;
	size_t length = strcspn(end, "#");
	u->path = memory_printf("%s%.*s", *end == '/' ? "" : "/", (int)length, end);
	return 0;
}

int url_parse(const char *text, struct url *ret_url, struct err *err)
{
	if (strlen(text) > URL_MAX)
		return err_input(err, "a URL is longer than %d", URL_MAX);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return err_input(err, "'%s': write blanks and other special characters as %%XX", text);
	struct url u = {0};
	int rc = url_parts(text, &u, err);
	if (rc < 0) {
		url_finish(&u);
		return rc;
	}
	*ret_url = u;
	return 0;
}

void url_finish(struct url *u)
{
	free(u->host);
	free(u->path);
	*u = (struct url){0};
}

char *url_host_header(const struct url *u)
{
	const char *open = u->is_ipv6 ? "[" : "", *close = u->is_ipv6 ? "]" : "";
	if (u->port == url_standard_port(u))
		return memory_printf("%s%s%s", open, u->host, close);
	return memory_printf("%s%s%s:%u", open, u->host, close, u->port);
}
