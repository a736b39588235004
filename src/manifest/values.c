// SPDX-License-Identifier: Apache-2.0
#include "values.h"

#include "arena.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

int value_string(struct reader *r, const char *what, const struct node *value, const char **ret_text)
{
	char shown[NODE_SHOW_SIZE];
	switch (value->kind) {
	case NODE_NULL:
		*ret_text = "";
		return 0;
	case NODE_STRING:
		*ret_text = value->text;
		return 0;
	case NODE_BOOL:
	case NODE_INT:
	case NODE_FLOAT:
		return fields_fail(r, value, "%s: expected a string, got %s (put it in quotes)", what,
				   node_show(value, shown));
	case NODE_LIST:
	case NODE_MAP:
		break;
	}
	return fields_fail(r, value, "%s: expected a string, got %s", what, node_show(value, shown));
}

static int value_word(struct reader *r, const struct field *f, const struct node *value)
{
	auto_text known = TEXT_INIT(512);
	for (const char *const *w = f->words; *w; w++) {
		if (!strcmp(*w, value->text))
			return 0;
		text_printf(&known, "%s%s", w == f->words ? "" : w[1] ? ", " : " or ", *w);
	}
	char shown[NODE_SHOW_SIZE];
	return fields_fail(r, value, "%s: expected %s, got %s", f->name, text_str(&known), node_show(value, shown));
}

int value_text(struct reader *r, const struct field *f, const struct node *value, const char **ret_text)
{
	const char *text = "";
	int rc = value_string(r, f->name, value, &text);
	if (rc < 0 || (!*text && !f->is_required)) /* an empty string is an absent one in most of the API */
		return rc;
	char shown[NODE_SHOW_SIZE];
	if (f->words && (rc = value_word(r, f, value)) < 0)
		return rc;
	if (f->form && !f->form->fits(text))
		return fields_fail(r, value, "%s: expected %s, got %s", f->name, f->form->what,
				   node_show(value, shown));
	if (!*text)
		return fields_fail(r, value, "%s: expected a text, got ''", f->name);
	*ret_text = text;
	return 0;
}

int value_texts(struct reader *r, const struct field *f, const struct node *value, char ***ret_texts)
{
	int rc = fields_expect(r, value, NODE_LIST, f->name);
	if (rc < 0)
		return rc;
	const char **texts = arena_new(r->m->memory, value->count + 1, sizeof *texts);
	for (size_t i = 0; rc == 0 && i < value->count; i++)
		rc = value_string(r, f->name, value->items[i], &texts[i]);
	if (rc == 0)
		*ret_texts = (char **)texts;
	return rc;
}

/* A range in words: "from 1 to 65535", "of at least 0" when the end is only what the type holds. */
static int value_out_of_range(struct reader *r, const struct field *f, const struct node *value)
{
	char shown[NODE_SHOW_SIZE];
	node_show(value, shown);
	const char *got = !strncmp(shown, "the number ", 11) ? shown + 11 : shown;
	if (f->high < INT32_MAX || value->number > INT32_MAX)
		return fields_fail(r, value, "%s: expected a whole number from %" PRId64 " to %" PRId64 ", got %s",
				   f->name, f->low, f->high, got);
	return fields_fail(r, value, "%s: expected a whole number of at least %" PRId64 ", got %s", f->name, f->low,
			   got);
}

int value_number(struct reader *r, const struct field *f, const struct node *value, int64_t *ret_number)
{
	char shown[NODE_SHOW_SIZE];
	if (value->kind != NODE_INT)
		return fields_fail(r, value, "%s: expected a whole number, got %s", f->name, node_show(value, shown));
	if (value->number < f->low || value->number > f->high)
		return value_out_of_range(r, f, value);
	*ret_number = value->number;
	return 0;
}

int value_switch(struct reader *r, const struct field *f, const struct node *value, bool *ret_on)
{
	char shown[NODE_SHOW_SIZE];
	if (value->kind != NODE_BOOL)
		return fields_fail(r, value, "%s: expected true or false, got %s", f->name, node_show(value, shown));
	*ret_on = value->number;
	return 0;
}

int value_port(struct reader *r, const struct field *f, const struct node *value, struct int_or_string *ret_port)
{
	char shown[NODE_SHOW_SIZE];
	if (value->kind == NODE_INT) {
		const struct field port = {.name = f->name, .low = 1, .high = UINT16_MAX};
		*ret_port = (struct int_or_string){.name = ""};
		return value_number(r, &port, value, &ret_port->number);
	}
	if (value->kind != NODE_STRING)
		return fields_fail(r, value, "%s: expected a number or a port's name, got %s", f->name,
				   node_show(value, shown));
	bool is_digits = *value->text && !value->text[strspn(value->text, "0123456789")];
	if (is_digits)
		return fields_fail(r, value, "%s: expected a number or a port's name, got %s (take the quotes off)",
				   f->name, node_show(value, shown));
	if (!form_port.fits(value->text))
		return fields_fail(r, value, "%s: expected a number or %s, got %s", f->name, form_port.what,
				   node_show(value, shown));
	*ret_port = (struct int_or_string){.is_name = true, .name = value->text};
	return 0;
}

/* The digits of "25%"; -1 when it is anything else. */
static int64_t percentage(const char *text)
{
	int64_t number = 0;
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 9 || strcmp(text + digits, "%") != 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (text[i] - '0');
	return number;
}

int value_share(struct reader *r, const struct field *f, const struct node *value, struct int_or_string *ret_share)
{
	char shown[NODE_SHOW_SIZE];
	if (value->kind == NODE_INT) {
		*ret_share = (struct int_or_string){.name = ""};
		return value_number(r, f, value, &ret_share->number);
	}
	int64_t percent = value->kind == NODE_STRING ? percentage(value->text) : -1;
	if (percent < 0)
		return fields_fail(r, value, "%s: expected a number or a percentage, got %s", f->name,
				   node_show(value, shown));
	*ret_share = (struct int_or_string){.is_percent = true, .number = percent, .name = ""};
	return 0;
}
