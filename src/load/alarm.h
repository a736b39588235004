/* alarm.h - one alarm to the nanosecond under a libuv loop, whose own timers tick in milliseconds: a load of 20,000
 * requests per second is due every 50 us. */
#ifndef LOAD_ALARM_H
#define LOAD_ALARM_H

#include "base/err.h"

#include <stdint.h>
#include <uv.h>

#define ALARM_NEVER INT64_MAX

struct alarm {
	uv_poll_t poll;
	int fd;
	int64_t at_ns; /* when it will ring */
	void (*ring)(void *data);
	void (*closed)(void *data);
	void *data;
};

int alarm_init(struct alarm *a, uv_loop_t *loop, void (*ring)(void *data), void *data, struct err *err);
/* It may ring earlier than asked (whoever is rung looks at the clock), never later than the earliest instant asked for
 * since it last rang. */
void alarm_set(struct alarm *a, int64_t at_ns);
/* `closed` comes from the loop; the memory must last until then. */
void alarm_close(struct alarm *a, void (*closed)(void *data));

#endif
