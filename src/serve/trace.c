// SPDX-License-Identifier: Apache-2.0
#include "trace.h"

#include "base/clock.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

bool trace_is_wanted(const char *value)
{
	return value && !strcmp(value, "1");
}

const char *trace_write(const struct server *s, char out[TRACE_SIZE])
{
	int64_t since_ns = lameduck_since_term_ns(s->duck);
	int n = snprintf(out, TRACE_SIZE, "state=%s pod=%s", lameduck_state_name(lameduck_get_state(s->duck)),
			 s->config->pod);
	if (since_ns >= 0)
		(void)snprintf(out + n, TRACE_SIZE - (size_t)n, " since-term=%.3fs", (double)since_ns / NS_PER_S);
	return out;
}
