// SPDX-License-Identifier: Apache-2.0
#include "fields.h"

#include "arena.h"
#include "levels.h"
#include "manifest.h"
#include "values.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DISTANCE_MAX 2

int fields_fail(struct reader *r, const struct node *n, const char *format, ...)
{
	char what[ERR_TEXT_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return err_input(r->err, "%s:%d:%d: %s", r->file, n->line, n->column, what);
}

void fields_note(struct reader *r, const struct node *n, const char *format, ...)
{
	char what[ERR_TEXT_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	struct manifest *m = r->m;
	m->notes = arena_grow(m->memory, m->notes, m->note_count + 1, sizeof *m->notes); /* and its NULL */
	m->notes[m->note_count++] = arena_printf(m->memory, "%s:%d:%d: %s", r->file, n->line, n->column, what);
	m->notes[m->note_count] = NULL;
}

struct place fields_place(const struct reader *r, const struct node *n)
{
	return (struct place){.file = r->file, .line = n->line, .column = n->column};
}

int fields_expect(struct reader *r, const struct node *n, enum node_kind kind, const char *name)
{
	if (n->kind == kind)
		return 0;
	char shown[NODE_SHOW_SIZE];
	return fields_fail(r, n, "%s: expected %s, got %s", name, kind == NODE_LIST ? "a list" : "a mapping",
			   node_show(n, shown));
}

static const struct field *field_find(const struct level *level, const char *name)
{
	for (const struct field *f = level->fields; f->kind; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static const char *field_nearest(const struct level *level, const char *name)
{
	const char *nearest = NULL;
	size_t best = DISTANCE_MAX + 1;
	for (const struct field *f = level->fields; f->kind; f++) {
		size_t distance = names_distance(name, f->name, DISTANCE_MAX);
		/* Two changes make one short word out of any other. */
		if (distance < best && distance * 2 < strlen(f->name)) {
			best = distance;
			nearest = f->name;
		}
	}
	return nearest;
}

static int field_unknown(struct reader *r, const struct node *key, const struct level *level)
{
	char shown[NODE_SHOW_SIZE];
	node_quote(key->text, shown);
	const char *nearest = field_nearest(level, key->text);
	if (nearest)
		return fields_fail(r, key, "unknown field %s (did you mean %s?)", shown, nearest);
	for (const struct level *const *other = levels_searched; *other; other++)
		if (field_find(*other, key->text))
			return fields_fail(r, key, "unknown field %s in %s (it belongs in %s)", shown, level->what,
					   (*other)->what);
	if (level->hint)
		return fields_fail(r, key, "unknown field %s in %s (%s)", shown, level->what, level->hint);
	return fields_fail(r, key, "unknown field %s in %s", shown, level->what);
}

/* Not false, 0 or empty, which say what absence says. */
static bool is_given(const struct node *value)
{
	return value->count || value->number || (value->kind == NODE_STRING && *value->text);
}

static int field_take(struct reader *r, const struct field *f, const struct node *value, void *object)
{
	void *at = (char *)object + f->offset;
	switch (f->kind) {
	case FIELD_NODE:
		*(const struct node **)at = value;
		return 0;
	case FIELD_TEXT:
		return value_text(r, f, value, at);
	case FIELD_TEXTS:
		return value_texts(r, f, value, at);
	case FIELD_NUMBER:
		return value_number(r, f, value, at);
	case FIELD_SWITCH:
		return value_switch(r, f, value, at);
	case FIELD_PORT:
		return value_port(r, f, value, at);
	case FIELD_SHARE:
		return value_share(r, f, value, at);
	case FIELD_NOTED:
	case FIELD_IGNORED:
	case FIELD_END:
		break;
	}
	return 0;
}

int fields_read(struct reader *r, const struct node *map, const struct level *level, void *object)
{
	int rc = fields_expect(r, map, NODE_MAP, level->what);
	for (size_t i = 0; rc == 0 && i < map->count; i++) {
		const struct node *key = map->pairs[i].key, *value = map->pairs[i].value;
		const struct field *f = field_find(level, key->text);
		if (!f && !level->takes_any)
			return field_unknown(r, key, level);
		if (!f || value->kind == NODE_NULL)
			continue;
		if (f->kind == FIELD_NOTED && is_given(value))
			fields_note(r, key, "%s: %s", f->name, f->note);
		rc = field_take(r, f, value, object);
	}
	for (const struct field *f = level->fields; rc == 0 && f->kind; f++) {
		if (!f->is_required)
			continue;
		const struct node *value = node_find(map, f->name);
		if (!value || value->kind == NODE_NULL)
			rc = fields_fail(r, map, "%s needs %s", level->what, f->name);
	}
	return rc;
}
