// SPDX-License-Identifier: Apache-2.0
#include "agenda.h"

#include "schedule.h"

/* How many of `total` are of this share. */
static uint64_t agenda_share(uint64_t total, uint64_t share, uint64_t shares)
{
	if (total == SCHEDULE_ENDLESS)
		return total;
	return total > share ? (total - share - 1) / shares + 1 : 0;
}

void agenda_init(struct agenda *a, const struct load_config *config)
{
	bool is_poisson = config->arrivals == LOAD_POISSON;
	uint64_t shares = config->shares > 1 ? (uint64_t)config->shares : 1;
	*a = (struct agenda){
		.is_open = config->rate > 0,
		.duration_ns = config->duration_ns,
		.timeout_ns = config->timeout_ns,
		.end_ns = INT64_MAX,
	};
	/* Of arrivals by chance nobody knows how many there will be: the end is told by the clock. */
	int64_t duration_ns = a->is_open && !is_poisson ? config->duration_ns : 0;
	a->total = agenda_share(schedule_total(config->rate, config->requests, duration_ns), (uint64_t)config->share,
				shares);
	arrivals_init(&a->coming, config->rate, a->is_open && is_poisson, config->seed, (uint64_t)config->share,
		      shares);
	a->starting = a->coming;
}

void agenda_start(struct agenda *a, int64_t now_ns)
{
	a->start_ns = now_ns;
	if (a->duration_ns && a->duration_ns < INT64_MAX / 2)
		a->end_ns = now_ns + a->duration_ns;
}

/* Open loop: AGENDA_NEVER when all that will ever be due are. */
static int64_t agenda_coming_ns(const struct agenda *a)
{
	if (a->due == a->total)
		return AGENDA_NEVER;
	int64_t at_ns = a->start_ns + arrivals_due_ns(&a->coming);
	return a->coming.is_poisson && at_ns >= a->end_ns ? AGENDA_NEVER : at_ns;
}

static void agenda_advance_one(struct agenda *a)
{
	a->due++;
	arrivals_next(&a->coming);
}

void agenda_advance(struct agenda *a, int64_t now_ns, bool has_room)
{
	while (a->is_open && agenda_coming_ns(a) <= now_ns)
		agenda_advance_one(a);
	if (!a->is_open && now_ns < a->end_ns && !agenda_is_waiting(a) && a->due < a->total && has_room)
		agenda_advance_one(a);
}

int64_t agenda_take(struct agenda *a, int64_t now_ns)
{
	int64_t due_ns = a->is_open ? a->start_ns + arrivals_due_ns(&a->starting) : now_ns;
	a->started++;
	arrivals_next(&a->starting);
	return due_ns;
}

int64_t agenda_late_ns(const struct agenda *a, int64_t now_ns)
{
	return agenda_is_waiting(a) ? now_ns - a->start_ns - arrivals_due_ns(&a->starting) : 0;
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
	if (a->is_open)
		return agenda_coming_ns(a);
	/* A closed loop goes on by answers and pauses; only a turn that was cut short leaves room. */
	return a->due < a->total && now_ns < a->end_ns && has_room ? 0 : AGENDA_NEVER;
}

bool agenda_is_over(const struct agenda *a, int64_t now_ns)
{
	bool all_due = a->is_open ? agenda_coming_ns(a) == AGENDA_NEVER : a->due == a->total || now_ns >= a->end_ns;
	return all_due && !agenda_is_waiting(a);
}
