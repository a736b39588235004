// SPDX-License-Identifier: Apache-2.0
#include "evidence_lines.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/units.h"
#include "base/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *lines_pod(const struct lines *l, int pod)
{
	return l->s->t->pods[pod].pod.name;
}

static const char *when(const struct timeline *t, int64_t at_ns, char out[32])
{
	snprintf(out, 32, "%+.3f s", (double)(at_ns - t->start_ns) / (double)NS_PER_S);
	return out;
}

/* The same line twice convinces nobody twice. */
static bool is_there(const struct lines *l, const struct line *line)
{
	for (int i = 0; i < l->count; i++)
		if (l->items[i].at_ns == line->at_ns && !strcmp(l->items[i].text, line->text))
			return true;
	return false;
}

void lines_add(struct lines *l, int64_t at_ns, const char *format, ...)
{
	if (l->count == EVIDENCE_LINES_MAX || at_ns == TIME_NEVER || at_ns == TIME_EVER)
		return;
	struct line *line = &l->items[l->count];
	*line = (struct line){.at_ns = at_ns, .order = l->count};
	va_list args;
	va_start(args, format);
	vsnprintf(line->text, sizeof line->text, format, args);
	va_end(args);
	if (!is_there(l, line))
		l->count++;
}

static int line_compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->order - y->order;
}

static void describe_connection(const struct outcome *o, struct text *out)
{
	char idle[UNITS_SIZE];
	if (outcome_is_reused(o))
		text_printf(out, "reused connection, %" PRIu32 " answered before, idle %s", o->served,
			    units_show_duration(o->idle_ns, idle));
	else
		text_add(out, "new connection");
	if (o->local_port)
		text_printf(out, ", port %u", o->local_port);
}

void lines_add_failure(struct lines *l, size_t i, const char *prefix)
{
	const struct timeline *t = l->s->t;
	const struct failure *f = &t->failures[i];
	const struct outcome *o = &f->outcome;
	char name[OUTCOME_NAME_SIZE], took[UNITS_SIZE];
	auto_text text = TEXT_INIT(LINE_SIZE);
	text_printf(&text, "%s%s", prefix, t->facts.request[0] ? t->facts.request : "a request");
	if (f->plane != EVENT_NONE)
		text_printf(&text, " through %s", t->planes[f->plane].name);
	if (f->pod != EVENT_NONE)
		text_printf(&text, " to %s", lines_pod(l, f->pod));
	text_printf(&text, ": %s after %s (", outcome_name(o->kind, o->status, name),
		    units_show_duration(o->ended_ns - o->started_ns, took));
	describe_connection(o, &text);
	lines_add(l, o->started_ns, "%s)", text_str(&text));
}

char **lines_finish(struct lines *l)
{
	char **out = NULL;
	qsort(l->items, (size_t)l->count, sizeof *l->items, line_compare);
	for (int i = 0; i < l->count; i++) {
		char at[32];
		auto_free char *line = memory_printf("%s  %s", when(l->s->t, l->items[i].at_ns, at), l->items[i].text);
		words_push(&out, line);
	}
	return out;
}
