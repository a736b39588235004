// SPDX-License-Identifier: Apache-2.0
#include "grace.h"

#include "base/clock.h"

#define LEAST_NS (2 * NS_PER_S)

int64_t grace_term(int64_t grace_ns, int64_t hook_ns)
{
	return hook_ns < grace_ns ? hook_ns : grace_ns;
}

int64_t grace_kill(int64_t grace_ns, int64_t term_ns)
{
	return grace_ns - term_ns < LEAST_NS ? term_ns + LEAST_NS : grace_ns;
}
