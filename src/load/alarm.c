// SPDX-License-Identifier: Apache-2.0
#include "alarm.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void alarm_on_ready(struct watch *w, int events)
{
	struct alarm *a = (struct alarm *)w;
	a->at_ns = ALARM_NEVER;
	a->has_rung = true;
}

int alarm_init(struct alarm *a, struct poller *poller, struct err *err)
{
	*a = (struct alarm){.watch.ready = alarm_on_ready, .poller = poller, .at_ns = ALARM_NEVER};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd == -1)
		return err_system(err, errno, "timerfd");
	int rc = poller_add(poller, &a->watch, fd, POLLER_READABLE);
	if (rc < 0) {
		(void)close(fd);
		return err_system(err, -rc, "watch the timer");
	}
	return 0;
}

void alarm_set(struct alarm *a, int64_t at_ns)
{
	/* Setting it takes an expiry back, so the descriptor needs no read. */
	if (at_ns >= a->at_ns && !a->has_rung)
		return;
	/* An instant of zero would disarm it. */
	int64_t at = at_ns == ALARM_NEVER ? 0 : at_ns < 1 ? 1 : at_ns;
	struct itimerspec spec = {.it_value = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S}};
	(void)timerfd_settime(a->watch.fd, TFD_TIMER_ABSTIME, &spec, NULL);
	a->at_ns = at_ns;
	a->has_rung = false;
}

void alarm_close(struct alarm *a)
{
	(void)close(a->watch.fd);
}
