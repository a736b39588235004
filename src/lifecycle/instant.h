/* instant.h - the monotonic clock, for a library that links with nothing but libc. */
#ifndef LIFECYCLE_INSTANT_H
#define LIFECYCLE_INSTANT_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Async-signal-safe. */
static inline int64_t lameduck_now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* For poll(2): rounded up, so that what is due then is due. At least 1 while there is any time left. */
static inline int lameduck_ms_until(int64_t at_ns, int64_t now_ns)
{
	if (at_ns <= now_ns)
		return 0;
	int64_t ms = (at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

#endif
