// SPDX-License-Identifier: Apache-2.0
#include "account.h"

#include "base/clock.h"
#include "base/units.h"
#include "server.h"

#include <inttypes.h>
#include <stdio.h>

int account_print(const struct server *s)
{
	struct tally t = {0};
	char after[UNITS_SIZE];
	for (unsigned i = 0; i < s->lane_count; i++)
		tally_add(&t, &s->lanes[i]->tally);
	fprintf(stderr,
		"zerodrop serve: on-term=%s served=%" PRIu64 " closed=%" PRIu64 " closed-idle=%" PRIu64 " cut=%" PRIu64
		" after=%s\n",
		serve_on_term_name(s->config->on_term), t.served, t.closed, t.closed_idle, t.cut,
		units_write_duration(clock_ns() - s->term_ns, after));
	return t.cut && s->config->on_term != SERVE_EXIT ? STATUS_LOST : STATUS_OK;
}
