/* counts.h - what happened, counted by each lane for itself and added up by whoever asks. */
#ifndef SERVE_COUNTS_H
#define SERVE_COUNTS_H

#include <stdint.h>

/* How far a request had come that got no answer, or half of one. */
enum cut {
	CUT_UNREAD = 0, /* it lay in the kernel, or came after our end */
	CUT_READING,    /* it was here in part */
	CUT_QUEUED,     /* it waited for a worker */
	CUT_WORKING,
	CUT_ANSWERING, /* its answer was written in part */
	CUT_KINDS,
};

enum timeout {
	TIMEOUT_IDLE = 0,
	TIMEOUT_HEADER,
	TIMEOUT_BODY,
	TIMEOUT_WRITE,
	TIMEOUTS,
};

struct counts {
	/* From TERM on. */
	uint64_t served;      /* requests answered whole, probes not counted */
	uint64_t closed;      /* connections, after their last answer, or idle and given time */
	uint64_t closed_idle; /* idle, without a word */
	uint64_t cut[CUT_KINDS];
	/* Ever. */
	uint64_t answers[6]; /* by the hundreds of their status, probes included */
	uint64_t accepted;
	uint64_t left;    /* clients that went before they were answered */
	uint64_t refused; /* 503: more connections than there may be */
	uint64_t timeouts[TIMEOUTS];
};

const char *counts_cut_name(enum cut cut);
const char *counts_timeout_name(enum timeout timeout);
uint64_t counts_sum_cut(const struct counts *t);

/* By the owner; others may read meanwhile. */
static inline void counts_up(uint64_t *field, uint64_t more)
{
	__atomic_store_n(field, *field + more, __ATOMIC_RELAXED);
}

void counts_add(struct counts *sum, const struct counts *one);

#endif
