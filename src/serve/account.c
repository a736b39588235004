// SPDX-License-Identifier: Apache-2.0
#include "account.h"

#include "base/units.h"
#include "server.h"

#include <inttypes.h>
#include <stdio.h>

int account_print(const struct server *s)
{
	struct counts t;
	char after[UNITS_SIZE];
	server_count(s, &t);
	uint64_t cut = counts_sum_cut(&t);
	fprintf(stderr,
		"zerodrop serve: on-term=%s served=%" PRIu64 " closed=%" PRIu64 " closed-idle=%" PRIu64 " cut=%" PRIu64
		" after=%s\n",
		serve_on_term_name(s->config->on_term), t.served, t.closed, t.closed_idle, cut,
		units_write_duration(lameduck_since_term_ns(s->duck), after));
	return cut && s->config->on_term != SERVE_EXIT ? STATUS_LOST : STATUS_OK;
}
