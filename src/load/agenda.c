// SPDX-License-Identifier: Apache-2.0
#include "agenda.h"

#include "schedule.h"

static bool agenda_is_open(const struct agenda *a)
{
	return a->rate > 0;
}

void agenda_init(struct agenda *a, const struct load_config *config)
{
	*a = (struct agenda){
		.rate = config->rate,
		.duration_ns = config->duration_ns,
		.timeout_ns = config->timeout_ns,
		.end_ns = INT64_MAX,
	};
	a->total = schedule_total(config->rate, config->requests, config->rate > 0 ? config->duration_ns : 0);
}

void agenda_start(struct agenda *a, int64_t now_ns)
{
	a->start_ns = now_ns;
	if (a->duration_ns && a->duration_ns < INT64_MAX / 2)
		a->end_ns = now_ns + a->duration_ns;
}

int64_t agenda_due_ns(const struct agenda *a, uint64_t i, int64_t started_ns)
{
	return agenda_is_open(a) ? a->start_ns + schedule_due_ns(a->rate, i) : started_ns;
}

void agenda_advance(struct agenda *a, int64_t now_ns, bool has_room)
{
	while (agenda_is_open(a) && a->due < a->total && agenda_due_ns(a, a->due, now_ns) <= now_ns)
		a->due++;
	if (!agenda_is_open(a) && now_ns < a->end_ns && !agenda_is_waiting(a) && a->due < a->total && has_room)
		a->due++;
}

uint64_t agenda_crowd(struct agenda *a)
{
	uint64_t known = a->crowded > a->started ? a->crowded : a->started;
	a->crowded = a->due;
	return a->due - known;
}

int64_t agenda_give_up_ns(const struct agenda *a)
{
	return a->end_ns == INT64_MAX ? INT64_MAX : a->end_ns + a->timeout_ns;
}

int64_t agenda_next_ns(const struct agenda *a, int64_t now_ns, bool has_room)
{
	if (agenda_is_waiting(a))
		return has_room ? 0 : agenda_give_up_ns(a);
	if (agenda_is_open(a))
		return a->due < a->total ? agenda_due_ns(a, a->due, now_ns) : AGENDA_NEVER;
	/* A closed loop goes on by answers and pauses; only a turn that was cut short leaves room. */
	return a->due < a->total && now_ns < a->end_ns && has_room ? 0 : AGENDA_NEVER;
}

bool agenda_is_over(const struct agenda *a, int64_t now_ns)
{
	bool all_due = a->due == a->total || (!agenda_is_open(a) && now_ns >= a->end_ns);
	return all_due && !agenda_is_waiting(a);
}
