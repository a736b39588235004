// SPDX-License-Identifier: Apache-2.0
#include "fields.h"

#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void fields_wrong(struct fields *f, const char *name, const char *expected)
{
	if (!f->failed)
		err_input(f->err, "'%s' is not %s", name, expected);
	f->failed = true;
}

const json_t *fields_get(struct fields *f, const char *name)
{
	if (f->asked_count < FIELDS_MAX)
		f->asked[f->asked_count++] = name;
	return json_object_get(f->object, name);
}

void fields_need(struct fields *f, const char *name)
{
	if (json_object_get(f->object, name))
		return;
	if (!f->failed)
		err_input(f->err, "'%s' is missing", name);
	f->failed = true;
}

void fields_text(struct fields *f, const char *name, char *text, size_t size)
{
	const json_t *v = fields_get(f, name);
	if (!v)
		return;
	if (!json_is_string(v) || json_string_length(v) >= size)
		fields_wrong(f, name, "a text of the expected length");
	else
		snprintf(text, size, "%s", json_string_value(v));
}

void fields_bool(struct fields *f, const char *name, bool *value)
{
	const json_t *v = fields_get(f, name);
	if (!v)
		return;
	if (!json_is_boolean(v))
		fields_wrong(f, name, "true or false");
	else
		*value = json_is_true(v);
}

void fields_number(struct fields *f, const char *name, int64_t low, int64_t high, int64_t *value)
{
	const json_t *v = fields_get(f, name);
	if (!v)
		return;
	if (!json_is_integer(v) || json_integer_value(v) < low || json_integer_value(v) > high)
		fields_wrong(f, name, "a whole number in range");
	else
		*value = json_integer_value(v);
}

void fields_real(struct fields *f, const char *name, double high, double *value)
{
	const json_t *v = fields_get(f, name);
	if (!v)
		return;
	if (!json_is_number(v) || !(json_number_value(v) >= 0 && json_number_value(v) <= high))
		fields_wrong(f, name, "a number in range");
	else
		*value = json_number_value(v);
}

bool fields_json_time(const json_t *value, int64_t *ret_ns)
{
	int64_t ns = 0;
	if (json_is_integer(value))
		ns = json_integer_value(value);
	else if (!json_is_string(value) || units_duration(json_string_value(value), &ns, NULL) < 0)
		return false;
	if (ns > FIELDS_TIME_MAX || ns < -FIELDS_TIME_MAX)
		return false;
	*ret_ns = ns;
	return true;
}

void fields_time(struct fields *f, const char *name, int64_t *value)
{
	const json_t *v = fields_get(f, name);
	if (v && !fields_json_time(v, value))
		fields_wrong(f, name, "a time in nanoseconds (or as in \"2.31s\")");
}

static bool fields_was_asked(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->asked_count; i++)
		if (!strcmp(f->asked[i], name))
			return true;
	return false;
}

int fields_end(struct fields *f)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)f->object, name, value)
	{
		if (!f->failed && !fields_was_asked(f, name)) {
			err_input(f->err, "'%s' is no field of this line", name);
			f->failed = true;
		}
	}
	return f->failed ? -EINVAL : 0;
}
