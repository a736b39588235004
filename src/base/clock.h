/* clock.h - time. Durations and instants are int64_t nanoseconds of CLOCK_MONOTONIC unless a name says otherwise. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

int64_t clock_ns(void);      /* monotonic */
int64_t clock_wall_ns(void); /* since 1970, for people and records only */

#define CLOCK_RFC3339_SIZE 32
/* "2026-01-02T03:04:05.678Z" */
void clock_rfc3339(int64_t wall_ns, char out[CLOCK_RFC3339_SIZE]);

#endif
