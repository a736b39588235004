// SPDX-License-Identifier: Apache-2.0
#include "bucket.h"

#include "base/memory.h"
#include "cluster/event.h"

#include <stdlib.h>
#include <string.h>

void bucket_finish(struct bucket *b)
{
	free(b->slots);
	free(b->pods);
	*b = (struct bucket){0};
}

struct bucket_slot *bucket_slots(const struct histogram *h, size_t *ret_count)
{
	size_t used = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		used += h->buckets[i] > 0;
	struct bucket_slot *slots = memory_new(used ? used : 1, sizeof *slots);
	*ret_count = used;
	used = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->buckets[i])
			slots[used++] = (struct bucket_slot){i, (uint32_t)h->buckets[i]};
	return slots;
}

void bucket_merge_slots(const struct bucket_slot *slots, size_t count, struct histogram *h)
{
	for (size_t i = 0; i < count; i++) {
		h->buckets[slots[i].slot] += slots[i].count;
		h->count += slots[i].count;
	}
}

void bucket_merge(const struct bucket *b, struct histogram *h)
{
	bucket_merge_slots(b->slots, b->slot_count, h);
	if (__builtin_add_overflow(h->sum_ns, b->sum_ns, &h->sum_ns))
		h->sum_ns = INT64_MAX; /* only a made-up record comes here */
	if (b->max_ns > h->max_ns)
		h->max_ns = b->max_ns;
}

static struct bucket_pod *bucket_open_pod(struct bucket_open *b, int pod)
{
	struct bucket *s = &b->so_far;
	for (size_t i = 0; i < s->pod_count; i++)
		if (s->pods[i].pod == pod)
			return &s->pods[i];
	if (s->pod_count == b->pod_capacity) {
		b->pod_capacity = b->pod_capacity ? b->pod_capacity * 2 : 8;
		s->pods = memory_resize(s->pods, b->pod_capacity, sizeof *s->pods);
	}
	s->pods[s->pod_count] = (struct bucket_pod){
		.pod = pod, .first_ok_ns = INT64_MAX, .last_ok_ns = INT64_MIN, .last_started_ns = INT64_MIN};
	return &s->pods[s->pod_count++];
}

void bucket_open_add(struct bucket_open *b, int pod, int64_t scheduled_ns, int64_t started_ns, int64_t ended_ns)
{
	b->so_far.ok++;
	histogram_add(&b->latency, ended_ns - scheduled_ns);
	if (ended_ns - started_ns > b->so_far.longest_ns)
		b->so_far.longest_ns = ended_ns - started_ns;
	if (pod == EVENT_NONE)
		return;
	struct bucket_pod *p = bucket_open_pod(b, pod);
	p->ok++;
	if (ended_ns < p->first_ok_ns)
		p->first_ok_ns = ended_ns;
	if (ended_ns > p->last_ok_ns)
		p->last_ok_ns = ended_ns;
	if (started_ns > p->last_started_ns)
		p->last_started_ns = started_ns;
}

bool bucket_open_close(struct bucket_open *b, int64_t start_ns, struct bucket *ret_bucket)
{
	bool any = b->so_far.ok > 0;
	if (any) {
		*ret_bucket = b->so_far;
		ret_bucket->sum_ns = b->latency.sum_ns;
		ret_bucket->max_ns = b->latency.max_ns;
		ret_bucket->slots = bucket_slots(&b->latency, &ret_bucket->slot_count);
		*b = (struct bucket_open){0};
	}
	b->so_far.start_ns = start_ns;
	return any;
}
