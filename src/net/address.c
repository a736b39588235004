// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

static void address_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)a)->sin_port = htons(port);
	else if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
}

int address_resolve(const char *host, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_length,
		    struct err *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &found);
	if (rc == EAI_SYSTEM)
		return err_system(err, errno, "cannot resolve '%s'", host);
	if (rc != 0)
		return err_system(err, 0, "cannot resolve '%s': %s", host, gai_strerror(rc));
	const struct addrinfo *best = found;
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		if (a->ai_family == AF_INET) {
			best = a;
			break;
		}
	}
	memset(ret_address, 0, sizeof *ret_address);
	memcpy(ret_address, best->ai_addr, best->ai_addrlen);
	*ret_length = best->ai_addrlen;
	freeaddrinfo(found);
	address_set_port(ret_address, port);
	return 0;
}

bool address_parse(const char *number, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	struct sockaddr_storage a = {0};
	socklen_t length = sizeof(struct sockaddr_in);
	a.ss_family = AF_INET;
	if (inet_pton(AF_INET, number, &((struct sockaddr_in *)&a)->sin_addr) != 1) {
		length = sizeof(struct sockaddr_in6);
		a.ss_family = AF_INET6;
		if (inet_pton(AF_INET6, number, &((struct sockaddr_in6 *)&a)->sin6_addr) != 1)
			return false;
	}
	address_set_port(&a, port);
	*ret_address = a;
	*ret_length = length;
	return true;
}

uint16_t address_port(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)a)->sin_port);
	if (a->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
	return 0;
}

bool address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family || address_port(a) != address_port(b))
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	if (a->ss_family != AF_INET6)
		return false;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;
	return a6->sin6_scope_id == b6->sin6_scope_id && !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr);
}
