/* tally.h - outcomes counted by name: how many, when the first and the last. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "outcome.h"

#define TALLY_STATUSES 1000

struct tally_entry {
	uint64_t count;
	int64_t first_ns, last_ns; /* ended_ns of the outcome */
};

/* Some 40 KiB: not for the stack. Zeroed is empty. */
struct tally {
	struct tally_entry kinds[OUTCOME_KINDS];   /* OUTCOME_STATUS: all of them together */
	struct tally_entry failed[TALLY_STATUSES]; /* OUTCOME_STATUS by number */
	uint64_t answered[TALLY_STATUSES];         /* whole answers by status, as expected or not */
	uint64_t ok[TALLY_STATUSES];               /* of these, as expected */
	uint64_t mismatches[OUTCOME_MISMATCHES];   /* of OUTCOME_CONTENT_MISMATCH: what was found */
	uint64_t client_side;                      /* our own limits: not lost, but not sent */
	uint64_t lost;                             /* every other failure */
};

void tally_add(struct tally *t, const struct outcome *o);
void tally_merge(struct tally *into, const struct tally *from);

/* Calls with the name and entry of each kind of failure seen, in the order of phases. */
void tally_each(const struct tally *t, void (*call)(const char *name, const struct tally_entry *e, void *data),
		void *data);

#endif
