/* versions.h - which versions have answered, in the order in which they first did; shared by the load's threads.
 *
 * A version is as new as its first answer. An answer goes back when its request was started after the first answer of a
 * newer version had ended: whoever asks then has seen the newer one. A request that was under way at that time may end
 * with either, so answers that overtake each other are no fault.
 */
#ifndef LOAD_VERSIONS_H
#define LOAD_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERSION_SIZE 64
#define VERSIONS_MAX 1024 /* what has more names than this in one run is no version */

struct version {
	char name[VERSION_SIZE];
	uint64_t count;            /* answers */
	int64_t first_ns, last_ns; /* when the first and the last of them ended */
};

struct versions;
struct versions *versions_create(void);
void versions_destroy(struct versions *v); /* NULL is fine */

/* Numbers count from 1. */
struct version_seen {
	uint16_t number; /* 0: there are too many */
	uint16_t newest; /* another one than `number`: gone back behind this one */
};

/* An answer of the version `name` to a request that went from started_ns to ended_ns. Any thread. */
struct version_seen versions_see(struct versions *v, const char *name, int64_t started_ns, int64_t ended_ns);
/* False when there is none of that number. Any thread. */
bool versions_find(struct versions *v, uint16_t number, struct version *ret_version);
/* From the oldest (0) to the newest; false beyond. Any thread. */
bool versions_at(struct versions *v, size_t place, struct version *ret_version);
size_t versions_count(struct versions *v);

#endif
