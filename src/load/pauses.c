// SPDX-License-Identifier: Apache-2.0
#include "pauses.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

#define PAUSE_NS (10 * NS_PER_MS)

void pauses_init(struct pauses *p, uint64_t places)
{
	*p = (struct pauses){.places = places};
	if (places)
		p->until_ns = memory_new(places, sizeof *p->until_ns);
}

void pauses_finish(struct pauses *p)
{
	free(p->until_ns);
	p->until_ns = NULL;
}

void pauses_add(struct pauses *p, int64_t now_ns)
{
	if (p->places)
		p->until_ns[(p->first + p->count++) % p->places] = now_ns + PAUSE_NS;
}

void pauses_expire(struct pauses *p, int64_t now_ns)
{
	while (p->count && p->until_ns[p->first] <= now_ns) {
		p->first = (p->first + 1) % p->places;
		p->count--;
	}
}

int64_t pauses_next_ns(const struct pauses *p)
{
	return p->count ? p->until_ns[p->first] : INT64_MAX;
}
