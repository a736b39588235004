/* bucket.h - the good answers of 100 ms, small enough to keep ten minutes of them: which latencies how often, and for
 * each pod how many and when. A bucket_open is filled, closed into a bucket that never changes, and used again.
 */
#ifndef RUN_BUCKET_H
#define RUN_BUCKET_H

#include "base/clock.h"
#include "base/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKET_NS (100 * NS_PER_MS)

/* `count` latencies in slot `slot` of struct histogram. */
struct bucket_slot {
	uint32_t slot, count;
};

struct bucket_pod {
	int pod;
	uint64_t ok;
	int64_t first_ok_ns;     /* end of its first good answer in here */
	int64_t last_ok_ns;      /* end of its last */
	int64_t last_started_ns; /* latest start of a request that it answered well */
};

struct bucket {
	int64_t start_ns;
	uint64_t ok;
	int64_t sum_ns, max_ns; /* latencies: scheduled start to last byte */
	int64_t longest_ns;     /* real start to last byte */
	struct bucket_slot *slots;
	size_t slot_count;
	struct bucket_pod *pods;
	size_t pod_count;
};

void bucket_finish(struct bucket *b);
/* Adds its latencies to `h`. */
void bucket_merge(const struct bucket *b, struct histogram *h);
/* The same for what else is written in this form. Caller frees. */
struct bucket_slot *bucket_slots(const struct histogram *h, size_t *ret_count) __attribute__((warn_unused_result));
void bucket_merge_slots(const struct bucket_slot *slots, size_t count, struct histogram *h);

struct bucket_open {
	struct bucket so_far; /* without slots: they are in `latency` until it is closed */
	struct histogram latency;
	size_t pod_capacity;
};

/* A good answer of `pod` (or EVENT_NONE). */
void bucket_open_add(struct bucket_open *b, int pod, int64_t scheduled_ns, int64_t started_ns, int64_t ended_ns);
/* Hands out what was gathered and starts anew at `start_ns`. False when it was empty. */
bool bucket_open_close(struct bucket_open *b, int64_t start_ns, struct bucket *ret_bucket);

#endif
