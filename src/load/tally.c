// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

static void tally_count(struct tally_entry *e, int64_t at_ns)
{
	if (!e->count || at_ns < e->first_ns)
		e->first_ns = at_ns;
	if (!e->count || at_ns > e->last_ns)
		e->last_ns = at_ns;
	e->count++;
}

void tally_add(struct tally *t, const struct outcome *o)
{
	bool is_whole = o->kind == OUTCOME_OK || o->kind == OUTCOME_STATUS || o->kind == OUTCOME_CONTENT_MISMATCH;
	bool has_status = o->status >= 0 && o->status < TALLY_STATUSES;
	tally_count(&t->kinds[o->kind], o->ended_ns);
	if (is_whole && has_status)
		t->answered[o->status]++;
	if (o->kind == OUTCOME_OK && has_status)
		t->ok[o->status]++;
	if (o->kind == OUTCOME_STATUS && has_status)
		tally_count(&t->failed[o->status], o->ended_ns);
	if (o->kind == OUTCOME_CONTENT_MISMATCH)
		t->mismatches[o->mismatch]++;
	if (outcome_is_client_side(o->kind))
		t->client_side++;
	else if (o->kind != OUTCOME_OK)
		t->lost++;
}

static void tally_merge_entry(struct tally_entry *into, const struct tally_entry *from)
{
	if (from->count && (!into->count || from->first_ns < into->first_ns))
		into->first_ns = from->first_ns;
	if (from->count && (!into->count || from->last_ns > into->last_ns))
		into->last_ns = from->last_ns;
	into->count += from->count;
}

void tally_merge(struct tally *into, const struct tally *from)
{
	for (int i = 0; i < OUTCOME_KINDS; i++)
		tally_merge_entry(&into->kinds[i], &from->kinds[i]);
	for (int i = 0; i < TALLY_STATUSES; i++) {
		tally_merge_entry(&into->failed[i], &from->failed[i]);
		into->answered[i] += from->answered[i];
		into->ok[i] += from->ok[i];
	}
	for (int i = 0; i < OUTCOME_MISMATCHES; i++)
		into->mismatches[i] += from->mismatches[i];
	into->client_side += from->client_side;
	into->lost += from->lost;
}

void tally_each(const struct tally *t, void (*call)(const char *name, const struct tally_entry *e, void *data),
		void *data)
{
	char name[OUTCOME_NAME_SIZE];
	for (int kind = OUTCOME_OK + 1; kind < OUTCOME_KINDS; kind++) {
		if (kind != OUTCOME_STATUS) {
			if (t->kinds[kind].count)
				call(outcome_name((enum outcome_kind)kind, 0, name), &t->kinds[kind], data);
			continue;
		}
		for (int status = 0; status < TALLY_STATUSES; status++)
			if (t->failed[status].count)
				call(outcome_name(OUTCOME_STATUS, status, name), &t->failed[status], data);
	}
}
