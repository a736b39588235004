// SPDX-License-Identifier: Apache-2.0
#include "versions.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One lock for each answer whose version is asked for: two clock reads' worth. */
struct versions {
	pthread_mutex_t lock; /* alone: nothing else is taken under it */
	size_t count;
	struct version all[VERSIONS_MAX]; /* by number, from 1 */
	uint16_t order[VERSIONS_MAX];     /* numbers, oldest first: by first_ns */
};

struct versions *versions_create(void)
{
	struct versions *v = memory_new(1, sizeof *v);
	(void)pthread_mutex_init(&v->lock, NULL);
	return v;
}

void versions_destroy(struct versions *v)
{
	if (!v)
		return;
	(void)pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct version *version_of(struct versions *v, uint16_t number)
{
	return &v->all[number - 1];
}

/* Two threads may tell of their answers the other way round than these came: what is older moves down. */
static void versions_settle(struct versions *v, size_t place)
{
	uint16_t number = v->order[place];
	int64_t first = version_of(v, number)->first_ns;
	for (; place > 0 && version_of(v, v->order[place - 1])->first_ns > first; place--)
		v->order[place] = v->order[place - 1];
	v->order[place] = number;
}

/* Its place in the order; the newest are asked for most. v->count when it is not there. */
static size_t versions_place(struct versions *v, const char *name)
{
	for (size_t i = v->count; i > 0; i--)
		if (!strncmp(version_of(v, v->order[i - 1])->name, name, VERSION_SIZE - 1))
			return i - 1;
	return v->count;
}

static void versions_add(struct versions *v, const char *name, int64_t at_ns)
{
	uint16_t number = (uint16_t)(v->count + 1);
	struct version *new = version_of(v, number);
	snprintf(new->name, sizeof new->name, "%s", name);
	new->first_ns = new->last_ns = at_ns;
	v->order[v->count++] = number;
}

/* The newest that had answered before `at_ns`; 0: none. */
static uint16_t versions_newest(struct versions *v, int64_t at_ns)
{
	for (size_t i = v->count; i > 0; i--)
		if (version_of(v, v->order[i - 1])->first_ns < at_ns)
			return v->order[i - 1];
	return 0;
}

static struct version_seen versions_see_locked(struct versions *v, const char *name, int64_t started_ns,
					       int64_t ended_ns)
{
	size_t place = versions_place(v, name);
	if (place == VERSIONS_MAX)
		return (struct version_seen){0};
	if (place == v->count)
		versions_add(v, name, ended_ns);
	uint16_t number = v->order[place];
	struct version *own = version_of(v, number);
	own->count++;
	if (ended_ns > own->last_ns)
		own->last_ns = ended_ns;
	if (ended_ns < own->first_ns)
		own->first_ns = ended_ns;
	versions_settle(v, place);
	uint16_t newest = versions_newest(v, started_ns);
	bool is_back = newest && version_of(v, newest)->first_ns > own->first_ns;
	return (struct version_seen){.number = number, .newest = is_back ? newest : number};
}

struct version_seen versions_see(struct versions *v, const char *name, int64_t started_ns, int64_t ended_ns)
{
	(void)pthread_mutex_lock(&v->lock);
	struct version_seen seen = versions_see_locked(v, name, started_ns, ended_ns);
	(void)pthread_mutex_unlock(&v->lock);
	return seen;
}

bool versions_find(struct versions *v, uint16_t number, struct version *ret_version)
{
	(void)pthread_mutex_lock(&v->lock);
	bool found = number > 0 && number <= v->count;
	if (found)
		*ret_version = *version_of(v, number);
	(void)pthread_mutex_unlock(&v->lock);
	return found;
}

bool versions_at(struct versions *v, size_t place, struct version *ret_version)
{
	(void)pthread_mutex_lock(&v->lock);
	bool found = place < v->count;
	if (found)
		*ret_version = *version_of(v, v->order[place]);
	(void)pthread_mutex_unlock(&v->lock);
	return found;
}

size_t versions_count(struct versions *v)
{
	(void)pthread_mutex_lock(&v->lock);
	size_t count = v->count;
	(void)pthread_mutex_unlock(&v->lock);
	return count;
}
