// SPDX-License-Identifier: Apache-2.0
#include "schedule.h"

#include "base/clock.h"

#include <math.h>

#define SCHEDULE_FAR_NS (INT64_MAX / 4) /* centuries */

int64_t schedule_round_ns(double ns)
{
	return ns < (double)SCHEDULE_FAR_NS ? llround(ns) : SCHEDULE_FAR_NS;
}

int64_t schedule_due_ns(double rate, uint64_t i)
{
	return schedule_round_ns((double)i * (double)NS_PER_S / rate);
}

uint64_t schedule_total(double rate, int64_t requests, int64_t duration_ns)
{
	uint64_t total = requests ? (uint64_t)requests : SCHEDULE_ENDLESS;
	if (!duration_ns)
		return total;
	/* The small part taken off is for rates such as 0.1, which are not exact: 10 s of it is one request, not two.
	 */
	double due = ceil((double)duration_ns / (double)NS_PER_S * rate - 1e-6);
	if (due < 1)
		due = 1;
	return due < (double)total ? (uint64_t)due : total;
}

struct schedule_turn schedule_turn(bool fresh, bool keepalive, int targets, uint64_t i)
{
	uint64_t turn = fresh && keepalive ? i / 2 : i;
	return (struct schedule_turn){
		.fresh = fresh && (!keepalive || i % 2 == 0),
		.target = (int)(turn % (uint64_t)targets),
		.path = turn / (uint64_t)targets,
	};
}
