// SPDX-License-Identifier: Apache-2.0
#include "pairs.h"

#include "arena.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A pair while keys are compared: its own come before those that << brings, and the first of a key stays. */
struct entry {
	struct pair pair;
	size_t order;
	bool is_dropped;
};

static bool is_merge(const struct pair *p)
{
	return !strcmp(p->key->text, "<<");
}

static int entry_by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_key = strcmp(x->pair.key->text, y->pair.key->text);
	return by_key ? by_key : x->order < y->order ? -1 : 1;
}

static int entry_by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->order < y->order ? -1 : 1;
}

/* How many pairs << brings; -1 when its value is neither a mapping nor a list of them. */
static long merge_count(const struct node *value)
{
	if (value->kind == NODE_MAP)
		return (long)value->count;
	long count = 0;
	for (size_t i = 0; value->kind == NODE_LIST && i < value->count; i++) {
		if (value->items[i]->kind != NODE_MAP)
			return -1;
		count += (long)value->items[i]->count;
	}
	return value->kind == NODE_LIST ? count : -1;
}

static void merge_add(struct entry *entries, size_t *n, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++, (*n)++)
		entries[*n] = (struct entry){.pair = map->pairs[i], .order = *n};
}

/* Sorted by key, then the order of reading again without what was dropped. */
static int entries_check(struct entry *entries, size_t count, size_t own, const char *name, struct err *err)
{
	char shown[NODE_SHOW_SIZE];
	qsort(entries, count, sizeof *entries, entry_by_key);
	for (size_t i = 1, kept = 0; i < count; i++) {
		const struct node *first = entries[kept].pair.key, *again = entries[i].pair.key;
		if (strcmp(first->text, again->text) != 0) {
			kept = i;
			continue;
		}
		if (entries[i].order < own)
			return err_input(err, "%s:%d:%d: key %s is given twice (first at line %d)", name, again->line,
					 again->column, node_quote(again->text, shown), first->line);
		entries[i].is_dropped = true;
	}
	qsort(entries, count, sizeof *entries, entry_by_order);
	return 0;
}

static void entries_keep(struct manifest_memory *memory, struct node *map, const struct entry *entries, size_t count)
{
	map->pairs = arena_new(memory, count, sizeof *map->pairs);
	map->count = 0;
	for (size_t i = 0; i < count; i++)
		if (!entries[i].is_dropped && !is_merge(&entries[i].pair))
			map->pairs[map->count++] = entries[i].pair;
}

int pairs_finish(struct manifest_memory *memory, const char *name, struct node *map, struct err *err)
{
	long merged = 0;
	const struct node *merge = NULL;
	for (size_t i = 0; i < map->count; i++)
		if (is_merge(&map->pairs[i]))
			merge = map->pairs[i].value;
	if (merge && (merged = merge_count(merge)) < 0)
		return err_input(err, "%s:%d:%d: << expected a mapping or a list of mappings", name, merge->line,
				 merge->column);
	size_t own = map->count, count = 0;
	auto_free struct entry *entries = memory_new(own + (size_t)merged, sizeof *entries);
	merge_add(entries, &count, map);
	if (merge && merge->kind == NODE_MAP)
		merge_add(entries, &count, merge);
	for (size_t i = 0; merge && merge->kind == NODE_LIST && i < merge->count; i++)
		merge_add(entries, &count, merge->items[i]);
	int rc = entries_check(entries, count, own, name, err);
	if (rc < 0)
		return rc;
	if (merge)
		entries_keep(memory, map, entries, count);
	for (size_t i = 0; i < map->count; i++)
		map->weight += 1 + map->pairs[i].value->weight;
	return 0;
}
