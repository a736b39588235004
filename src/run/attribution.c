// SPDX-License-Identifier: Apache-2.0
#include "attribution.h"

#include <arpa/inet.h>
#include <string.h>

const char *attribution_last_try(const char *upstream, size_t *ret_length)
{
	const char *last = upstream;
	for (const char *p = upstream; *p && *p != '@'; p++)
		if ((*p == ' ' || *p == ',') && p[1] != '@')
			last = p + 1;
	*ret_length = strcspn(last, ":");
	char ip[INET_ADDRSTRLEN];
	struct in_addr ignored;
	if (*ret_length == 0 || *ret_length >= sizeof ip)
		return *ret_length = 0, "";
	memcpy(ip, last, *ret_length);
	ip[*ret_length] = '\0';
	if (inet_pton(AF_INET, ip, &ignored) != 1)
		return *ret_length = 0, "";
	return last;
}

bool attribution_never_connected(const char *upstream)
{
	const char *times = strchr(upstream, '@');
	return times && times[strlen(times) - 1] == '-';
}

static bool is_same_ip(const char *ip, const char *text, size_t length)
{
	return strlen(ip) == length && !memcmp(ip, text, length);
}

/* An address is given again once its pod is gone, so look at who was created last, but not after. */
int timeline_pod_by_ip(const struct timeline *t, const char *ip, size_t length, int64_t at_ns)
{
	int any = EVENT_NONE, count = 0;
	for (int i = 0; i < t->pod_count; i++) {
		if (t->pods[i].is_known && is_same_ip(t->pods[i].pod.ip, ip, length)) {
			any = i;
			count++;
		}
	}
	if (count < 2)
		return any;
	int best = EVENT_NONE;
	int64_t best_at = TIME_EVER;
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *e = &t->events[i];
		if (e->kind == EVENT_POD_CREATED && e->pod != EVENT_NONE && e->at_ns <= at_ns && e->at_ns >= best_at &&
		    is_same_ip(t->pods[e->pod].pod.ip, ip, length)) {
			best = e->pod;
			best_at = e->at_ns;
		}
	}
	return best == EVENT_NONE ? any : best;
}

static bool is_ingress(const struct timeline *t, const struct failure *f)
{
	return f->plane != EVENT_NONE ? t->planes[f->plane].kind == PLANE_INGRESS : f->outcome.upstream[0] != '\0';
}

int attribution_guess(const struct timeline *t, const struct failure *f)
{
	const struct outcome *o = &f->outcome;
	size_t length;
	const char *ip = attribution_last_try(o->upstream, &length);
	int pod = length ? timeline_pod_by_ip(t, ip, length, o->ended_ns) : EVENT_NONE;
	if (pod != EVENT_NONE)
		return pod;
	if (outcome_is_reused(o) && is_ingress(t, f))
		return EVENT_NONE;
	return timeline_pod_by_name(t, o->pod);
}

bool attribution_is_gateway(const struct timeline *t, const struct failure *f)
{
	const struct outcome *o = &f->outcome;
	if (o->kind != OUTCOME_STATUS || o->status < 502 || o->status > 504 || !is_ingress(t, f))
		return false;
	return outcome_is_reused(o) || !o->pod[0]; /* on a new connection the pod header is this answer's own */
}
