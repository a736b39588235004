// SPDX-License-Identifier: Apache-2.0
#include "rolling.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct rolling rolling_resolve(const struct deployment *d)
{
	struct rolling r = {.replicas = d->replicas};
	r.max_surge = int_or_string_pods(&d->max_surge, d->replicas, true);
	r.max_unavailable = int_or_string_pods(&d->max_unavailable, d->replicas, false);
	if (r.max_surge == 0 && r.max_unavailable == 0)
		r.max_unavailable = 1;
	if (r.max_unavailable > d->replicas)
		r.max_unavailable = d->replicas;
	return r;
}

int64_t rolling_grow(const struct rolling *r, struct rolling_side old, struct rolling_side new)
{
	int64_t room = r->replicas + r->max_surge - old.created - new.created;
	return most(0, least(room, r->replicas - new.created));
}

struct rolling_shrink rolling_shrink(const struct rolling *r, struct rolling_side old, struct rolling_side new)
{
	struct rolling_shrink shrink = {0};
	int64_t must_be_available = r->replicas - r->max_unavailable;
	int64_t new_unavailable = new.created - new.available;
	int64_t most_shrink = old.created + new.created - must_be_available - new_unavailable;
	if (most_shrink <= 0)
		return shrink;
	shrink.unavailable = least(most_shrink, old.created - old.available);
	int64_t spare = old.available + new.available - must_be_available;
	shrink.available = most(0, least(spare, old.available));
	return shrink;
}
