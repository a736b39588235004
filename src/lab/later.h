/* later.h - a call after some time, embedded in its owner. Starting again moves it; stopping twice is fine. */
#ifndef LAB_LATER_H
#define LAB_LATER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct later {
	uv_timer_t timer;
	void (*call)(void *data);
	void *data;
};

void later_init(struct later *l, uv_loop_t *loop, void (*call)(void *data), void *data);
void later_start(struct later *l, int64_t delay_ns);
void later_stop(struct later *l);
bool later_is_waiting(const struct later *l);
void later_close(struct later *l); /* the loop must turn once more before the owner is freed */

#endif
