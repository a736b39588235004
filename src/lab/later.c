// SPDX-License-Identifier: Apache-2.0
#include "later.h"

#include "base/clock.h"

static void later_fired(uv_timer_t *timer)
{
	struct later *l = timer->data;
	l->call(l->data);
}

void later_init(struct later *l, uv_loop_t *loop, void (*call)(void *data), void *data)
{
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	l->call = call;
	l->data = data;
}

void later_start(struct later *l, int64_t delay_ns)
{
	uv_update_time(l->timer.loop);
	/* Not a moment too early: the loop's clock rounds down. */
	uint64_t ms = delay_ns <= 0 ? 0 : (uint64_t)(delay_ns / NS_PER_MS) + 1;
	uv_timer_start(&l->timer, later_fired, ms, 0);
}

void later_stop(struct later *l)
{
	uv_timer_stop(&l->timer);
}

bool later_is_waiting(const struct later *l)
{
	return uv_is_active((const uv_handle_t *)&l->timer);
}

void later_close(struct later *l)
{
	uv_handle_t *handle = (uv_handle_t *)&l->timer;
	if (l->call && !uv_is_closing(handle))
		uv_close(handle, NULL);
}
