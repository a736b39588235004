// SPDX-License-Identifier: Apache-2.0
#include "sync.h"

#define BURST 2.0

void sync_init(struct sync *s, int64_t interval_ns, int64_t now_ns)
{
	*s = (struct sync){interval_ns, BURST, now_ns};
}

int64_t sync_wait(struct sync *s, int64_t now_ns)
{
	if (s->interval_ns <= 0)
		return 0;
	s->tokens += (double)(now_ns - s->at_ns) / (double)s->interval_ns;
	if (s->tokens > BURST)
		s->tokens = BURST;
	s->at_ns = now_ns;
	if (s->tokens < 1)
		return (int64_t)((1 - s->tokens) * (double)s->interval_ns) + 1;
	s->tokens -= 1;
	return 0;
}
