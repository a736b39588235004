// SPDX-License-Identifier: Apache-2.0
#include "twice.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	const char *kind, *namespace, *name;
	struct place place;
	size_t order;
};

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by = strcmp(x->kind, y->kind);
	if (!by)
		by = strcmp(x->namespace, y->namespace);
	if (!by)
		by = strcmp(x->name, y->name);
	return by ? by : x->order < y->order ? -1 : 1;
}

static size_t entries_fill(const struct manifest *m, struct entry *entries)
{
	size_t n = 0;
	for (size_t i = 0; i < m->deployment_count; i++, n++)
		entries[n] = (struct entry){"Deployment", m->deployments[i].namespace, m->deployments[i].name,
					    m->deployments[i].place, n};
	for (size_t i = 0; i < m->service_count; i++, n++)
		entries[n] = (struct entry){"Service", m->services[i].namespace, m->services[i].name,
					    m->services[i].place, n};
	for (size_t i = 0; i < m->ingress_count; i++, n++)
		entries[n] = (struct entry){"Ingress", m->ingresses[i].namespace, m->ingresses[i].name,
					    m->ingresses[i].place, n};
	return n;
}

int twice_check(const struct manifest *m, struct err *err)
{
	size_t count = m->deployment_count + m->service_count + m->ingress_count;
	auto_free struct entry *entries = memory_new(count, sizeof *entries);
	qsort(entries, entries_fill(m, entries), sizeof *entries, entry_compare);
	for (size_t i = 1; i < count; i++) {
		const struct entry *first = &entries[i - 1], *again = &entries[i];
		if (strcmp(first->kind, again->kind) != 0 || strcmp(first->namespace, again->namespace) != 0 ||
		    strcmp(first->name, again->name) != 0)
			continue;
		bool is_same_file = !strcmp(first->place.file, again->place.file);
		return err_input(err, "%s:%d:%d: %s %s is given twice (first at %s%s%d)", again->place.file,
				 again->place.line, again->place.column, again->kind, again->name,
				 is_same_file ? "line " : first->place.file, is_same_file ? "" : ":",
				 first->place.line);
	}
	return 0;
}
