/* alarm.h - one alarm to the nanosecond, as a socket among those of a poller: a load of 20,000 requests per second is
 * due every 50 us, and libuv's own timers tick in milliseconds.
 *
 * It rings by a turn of the poller, no more: whoever is called then looks at the clock, and sets it again. */
#ifndef LOAD_ALARM_H
#define LOAD_ALARM_H

#include "net/poller.h"

#include <stdbool.h>
#include <stdint.h>

#define ALARM_NEVER INT64_MAX

struct alarm {
	struct watch watch;
	struct poller *poller;
	int64_t at_ns; /* when it will ring */
	bool has_rung; /* and was not set again */
};

int alarm_init(struct alarm *a, struct poller *poller, struct err *err) __attribute__((warn_unused_result));
/* It may ring earlier than asked, never later than the earliest instant asked for since it last rang. After it has rung
 * it has to be set before the turn is over, to ALARM_NEVER if there is nothing to wait for. */
void alarm_set(struct alarm *a, int64_t at_ns);
void alarm_close(struct alarm *a); /* before its poller */

#endif
