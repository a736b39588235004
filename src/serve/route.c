// SPDX-License-Identifier: Apache-2.0
#include "route.h"

#include <string.h>

struct part {
	const char *at;
	size_t length;
};

static bool part_is(struct part p, const char *word)
{
	return p.length == strlen(word) && !memcmp(p.at, word, p.length);
}

/* "http://host/path?query" asks this server for /path?query (RFC 9112 §3.2.2). */
static struct part target_local(struct part target)
{
	static const char scheme[] = "http://";
	size_t n = sizeof scheme - 1;
	if (target.length < n || memcmp(target.at, scheme, n) != 0)
		return target;
	const char *slash = memchr(target.at + n, '/', target.length - n);
	if (!slash)
		return (struct part){"/", 1};
	return (struct part){slash, target.length - (size_t)(slash - target.at)};
}

static struct part part_until(struct part *rest, char mark)
{
	const char *end = memchr(rest->at, mark, rest->length);
	struct part first = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
	size_t gone = end ? first.length + 1 : first.length;
	rest->at += gone;
	rest->length -= gone;
	return first;
}

/* "2", "0.25": no sign, no exponent. */
static bool parse_seconds(struct part word, int64_t *ret_ns)
{
	int64_t ns = 0, unit = NS_PER_S;
	bool in_fraction = false, has_digit = false;
	for (size_t i = 0; i < word.length; i++) {
		char c = word.at[i];
		if (c == '.' && !in_fraction) {
			in_fraction = true;
			continue;
		}
		if (c < '0' || c > '9')
			return false;
		has_digit = true;
		if (in_fraction)
			ns += (c - '0') * (unit /= 10);
		else
			ns = ns * 10 + (c - '0') * NS_PER_S;
		if (ns > ROUTE_WAIT_MAX_S * NS_PER_S)
			return false;
	}
	*ret_ns = ns;
	return has_digit;
}

static bool query_wait(struct part query, int64_t *ret_ns)
{
	while (query.length) {
		struct part value = part_until(&query, '&');
		struct part name = part_until(&value, '=');
		if (part_is(name, "wait"))
			return parse_seconds(value, ret_ns);
	}
	return true;
}

/* Liveness never fails: a server that is starting or ending is not one to kill. */
static bool probe_find(struct part path, const struct route_facts *facts, struct route *ret_route)
{
	bool holds;
	if (part_is(path, "/livez") || part_is(path, "/alive"))
		holds = true;
	else if (part_is(path, "/readyz") || part_is(path, "/ready"))
		holds = facts->is_ready;
	else if (part_is(path, "/startupz"))
		holds = facts->is_started;
	else
		return false;
	*ret_route = (struct route){ROUTE_PROBE, holds ? 200 : 503, holds ? "ok\n" : "not ready\n", 0};
	return true;
}

struct route route_find(const char *target, size_t length, const struct route_facts *facts)
{
	struct part query = target_local((struct part){target, length});
	struct part path = part_until(&query, '?');
	struct route route;
	if (facts->answers_probes && probe_find(path, facts, &route))
		return route;
	if (facts->answers_probes && part_is(path, "/metrics"))
		return (struct route){ROUTE_METRICS, 200, NULL, 0};
	if (facts->answers_probes && facts->prestop_path && part_is(path, facts->prestop_path))
		return (struct route){ROUTE_PRESTOP, 200, "the lame duck is over\n", 0};
	if (!facts->answers_pages)
		return (struct route){ROUTE_REFUSAL, 404, "there are probes and metrics here\n", 0};
	if (!facts->is_started)
		return (struct route){ROUTE_REFUSAL, 500, "starting\n", 0};
	route = (struct route){ROUTE_PAGE, 200, NULL, facts->delay_ns};
	if (!query_wait(query, &route.wait_ns))
		return (struct route){ROUTE_REFUSAL, 400, "wait: a number of seconds up to 600 was expected\n", 0};
	return route;
}
