// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include "memory.h"
#include "units.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 32
#define HELP_WIDTH 100

static bool option_takes_value(const struct option_spec *s)
{
	return s->kind != OPTION_SWITCH;
}

/* The default as the user would type it; "" when there is none worth showing. */
static void option_default(const struct option_spec *s, char *out, size_t size)
{
	char word[UNITS_SIZE];
	out[0] = '\0';
	switch (s->kind) {
	case OPTION_TEXT:
		if (*(char **)s->field)
			snprintf(out, size, " [%s]", *(char **)s->field);
		break;
	case OPTION_NUMBER:
		if (*(int64_t *)s->field)
			snprintf(out, size, " [%" PRId64 "]", *(int64_t *)s->field);
		break;
	case OPTION_DURATION:
		if (*(int64_t *)s->field)
			snprintf(out, size, " [%s]", units_write_duration(*(int64_t *)s->field, word));
		break;
	case OPTION_SWITCH:
		if (*(bool *)s->field)
			snprintf(out, size, " [on; --no-%s]", s->name);
		break;
	case OPTION_CALL:
		if (s->standard)
			snprintf(out, size, " [%s]", s->standard);
		break;
	default:
		break;
	}
}

/* Words from `column` on, wrapped with a hanging indent. */
static void help_wrap(const char *text, int column)
{
	int at = column;
	while (*text) {
		int length = (int)strcspn(text, " ");
		if (at > column && at + 1 + length > HELP_WIDTH) {
			printf("\n%*s", column, "");
			at = column;
		} else if (at > column) {
			putchar(' ');
			at++;
		}
		printf("%.*s", length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void help_print(const struct options *o)
{
	printf("Usage: %s\n\n%s\n", o->usage, o->summary);
	for (const struct option_spec *s = o->specs; s->kind; s++) {
		if (s->kind == OPTION_COMMAND)
			continue;
		if (s->kind == OPTION_HEADING) {
			printf("\n%s:\n", s->help);
			continue;
		}
		char left[80], standard[128], help[1024];
		int n = s->letter ? snprintf(left, sizeof left, "  -%c, --%s", s->letter, s->name)
				  : snprintf(left, sizeof left, "      --%s", s->name);
		if (option_takes_value(s))
			n += snprintf(left + n, sizeof left - (size_t)n, " %s", s->value ? s->value : "VALUE");
		option_default(s, standard, sizeof standard);
		snprintf(help, sizeof help, "%s%s", s->help, standard);
		printf("%-*s", HELP_COLUMN, left);
		if (n >= HELP_COLUMN)
			printf("\n%*s", HELP_COLUMN, "");
		help_wrap(help, HELP_COLUMN);
	}
	printf("\n  -h, --help                    this text\n");
	if (o->examples)
		printf("\nExamples:\n%s", o->examples);
}

static int option_set_number(const struct option_spec *s, int64_t value, const char *word, struct err *err)
{
	int64_t high = s->low || s->high ? s->high : INT64_MAX;
	if (value < s->low || value > high) {
		if (s->kind == OPTION_NUMBER)
			return err_input(err, "--%s: %s is not within %" PRId64 " to %" PRId64, s->name, word, s->low,
					 high);
		char low_text[UNITS_SIZE], high_text[UNITS_SIZE];
		return err_input(err, "--%s: %s is not within %s to %s", s->name, word,
				 units_write_duration(s->low, low_text), units_write_duration(high, high_text));
	}
	*(int64_t *)s->field = value;
	return 0;
}

static int option_take(const struct option_spec *s, const char *value, struct err *err)
{
	int64_t number = 0;
	int rc = 0;
	switch (s->kind) {
	case OPTION_SWITCH:
		*(bool *)s->field = value == NULL;
		return 0;
	case OPTION_TEXT:
		free(*(char **)s->field);
		*(char **)s->field = memory_copy(value);
		return 0;
	case OPTION_TEXTS:
		words_push(s->field, value);
		return 0;
	case OPTION_NUMBER:
		rc = units_number(value, &number, err);
		break;
	case OPTION_DURATION:
		rc = units_duration(value, &number, err);
		break;
	case OPTION_CALL:
		rc = s->call(value, s->field, err);
		break;
	case OPTION_END:
	case OPTION_COMMAND:
	case OPTION_HEADING:
		break;
	}
	if (rc < 0) {
		err_wrap(err, "--%s", s->name);
		return rc;
	}
	return s->kind == OPTION_CALL ? 0 : option_set_number(s, number, value, err);
}

static const struct option_spec *option_find(const struct options *o, const char *name, size_t length)
{
	for (const struct option_spec *s = o->specs; s->kind; s++)
		if (s->name && strlen(s->name) == length && !strncmp(s->name, name, length))
			return s;
	return NULL;
}

static bool option_takes_command(const struct options *o)
{
	for (const struct option_spec *s = o->specs; s->kind; s++)
		if (s->kind == OPTION_COMMAND)
			return true;
	return false;
}

static const struct option_spec *option_find_letter(const struct options *o, char letter)
{
	for (const struct option_spec *s = o->specs; s->kind; s++)
		if (s->letter == letter)
			return s;
	return NULL;
}

/* `length` bytes of `word`; NULL: nobody expected it. */
static const char *option_hint(const struct options *o, const char *word, size_t length)
{
	for (const struct option_hint *h = o->hints; h && h->word; h++)
		if (strlen(h->word) == length && !strncmp(h->word, word, length))
			return h->instead;
	return NULL;
}

static int option_refuse(const struct options *o, const char *word, size_t length, struct err *err)
{
	const char *instead = option_hint(o, word, length);
	return err_input(err, "no option %.*s%s%s", (int)length, word, instead ? ": " : "", instead ? instead : "");
}

/* Takes argv[*i] and, when it needs one, the value that follows. */
static int option_long(const struct options *o, char **argv, int *i, struct err *err)
{
	const char *word = argv[*i] + 2;
	size_t length = strcspn(word, "=");
	const char *joined = word[length] ? word + length + 1 : NULL;
	const struct option_spec *s = option_find(o, word, length);
	if (!s && length > 3 && !strncmp(word, "no-", 3) && !joined) {
		s = option_find(o, word + 3, length - 3);
		if (s && s->kind == OPTION_SWITCH) {
			*(bool *)s->field = false;
			return 0;
		}
		s = NULL;
	}
	if (!s)
		return option_refuse(o, argv[*i], length + 2, err);
	if (!option_takes_value(s))
		return joined ? err_input(err, "--%s takes no value", s->name) : option_take(s, NULL, err);
	if (!joined && !(joined = argv[++*i]))
		return err_input(err, "--%s needs a value (%s)", s->name, s->value ? s->value : "VALUE");
	return option_take(s, joined, err);
}

static int option_letters(const struct options *o, char **argv, int *i, struct err *err)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct option_spec *s = option_find_letter(o, *p);
		if (!s)
			return option_refuse(o, (const char[]){'-', *p}, 2, err);
		if (!option_takes_value(s)) {
			int rc = option_take(s, NULL, err);
			if (rc < 0)
				return rc;
			continue;
		}
		const char *value = p[1] ? p + 1 : argv[++*i];
		if (!value)
			return err_input(err, "-%c needs a value (%s)", s->letter, s->value ? s->value : "VALUE");
		return option_take(s, value, err);
	}
	return 0;
}

int options_parse(const struct options *o, int argc, char **argv, char ***ret_arguments, struct err *err)
{
	char **arguments = memory_new((size_t)argc + 1, sizeof *arguments);
	int count = 0, rc = 0;
	bool ended = false;
	for (int i = 1; i < argc && rc == 0; i++) {
		if (!ended && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
			help_print(o);
			rc = 1;
		} else if (!ended && !strcmp(argv[i], "--")) {
			ended = true;
		} else if (!ended && option_hint(o, argv[i], strlen(argv[i]))) {
			rc = option_refuse(o, argv[i], strlen(argv[i]), err);
		} else if (!ended && !strncmp(argv[i], "--", 2)) {
			rc = option_long(o, argv, &i, err);
		} else if (!ended && argv[i][0] == '-' && argv[i][1]) {
			rc = option_letters(o, argv, &i, err);
		} else {
			arguments[count++] = argv[i];
			ended |= option_takes_command(o);
		}
	}
	if (rc != 0) {
		free(arguments);
		if (rc < 0 && err && err->kind == ERR_INPUT) {
			size_t used = strlen(err->text);
			snprintf(err->text + used, sizeof err->text - used, " (see --help)");
		}
		return rc;
	}
	*ret_arguments = arguments;
	return 0;
}
