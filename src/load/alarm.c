// SPDX-License-Identifier: Apache-2.0
#include "alarm.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void alarm_arm(struct alarm *a, int64_t at_ns)
{
	/* An instant of zero would disarm it. */
	int64_t at = at_ns == ALARM_NEVER ? 0 : at_ns < 1 ? 1 : at_ns;
	struct itimerspec spec = {.it_value = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S}};
	(void)timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &spec, NULL);
	a->at_ns = at_ns;
}

static void alarm_on_poll(uv_poll_t *poll, int status, int events)
{
	struct alarm *a = poll->data;
	a->at_ns = ALARM_NEVER;
	a->ring(a->data);
	/* Setting it again takes the expiry back, so the descriptor needs no read. */
	if (a->at_ns == ALARM_NEVER && !uv_is_closing((uv_handle_t *)poll))
		alarm_arm(a, ALARM_NEVER);
}

int alarm_init(struct alarm *a, uv_loop_t *loop, void (*ring)(void *data), void *data, struct err *err)
{
	*a = (struct alarm){.fd = -1, .at_ns = ALARM_NEVER, .ring = ring, .data = data};
	a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (a->fd == -1)
		return err_system(err, errno, "timerfd");
	int rc = uv_poll_init(loop, &a->poll, a->fd);
	if (rc < 0) {
		(void)close(a->fd);
		return err_system(err, -rc, "watch the timer");
	}
	a->poll.data = a;
	(void)uv_poll_start(&a->poll, UV_READABLE, alarm_on_poll);
	return 0;
}

void alarm_set(struct alarm *a, int64_t at_ns)
{
	if (at_ns < a->at_ns)
		alarm_arm(a, at_ns);
}

static void alarm_on_closed(uv_handle_t *handle)
{
	struct alarm *a = handle->data;
	a->closed(a->data);
}

void alarm_close(struct alarm *a, void (*closed)(void *data))
{
	a->closed = closed;
	uv_close((uv_handle_t *)&a->poll, alarm_on_closed);
	(void)close(a->fd);
}
