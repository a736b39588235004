// SPDX-License-Identifier: Apache-2.0
#include <lameduck.h>

const char *lameduck_state_name(enum lameduck_state state)
{
	static const char *const names[] = {"starting", "ready", "lame-duck", "draining", "stopped"};
	return names[state];
}

const char *lameduck_why_name(enum lameduck_why why)
{
	static const char *const names[] = {"created", "ready", "term",     "prestop",   "time",
					    "quiet",   "done",  "deadline", "term-again"};
	return names[why];
}

const char *lameduck_end_name(enum lameduck_end end)
{
	static const char *const names[] = {"done", "unspoken", "idle", "reading", "working", "answering"};
	return names[end];
}
