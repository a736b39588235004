// SPDX-License-Identifier: Apache-2.0
#include "syntax.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* How far the line of `mark` is indented when a tab ends its indentation, which is what is wrong there; else -1.
 * Behind the tab the parser may go on to the `:` of a key; within brackets tabs are good, so nothing else counts. */
static int indenting_tab(const yaml_parser_t *parser, const struct origin *o)
{
	struct origin at = *o;
	origin_advance(&at, parser->problem_mark.index);
	bool is_at_tab = at.data < at.end && *at.data == '\t';
	if (!is_at_tab && strncmp(parser->problem, "mapping values", 14) != 0)
		return -1;
	const char *start = at.data;
	while (start > o->data && start[-1] != '\n' && start[-1] != '\r')
		start--;
	int spaces = (int)strspn(start, " ");
	return start[spaces] == '\t' ? spaces : -1;
}

/* A byte that the reader refuses has no mark of its own, and what never ends is best mended where it begins. */
static const yaml_mark_t *problem_mark(const yaml_parser_t *parser)
{
	if (parser->error == YAML_READER_ERROR)
		return &parser->mark;
	bool is_endless = parser->context && !strcmp(parser->problem, "found unexpected end of stream");
	return is_endless ? &parser->context_mark : &parser->problem_mark;
}

int syntax_fail(const yaml_parser_t *parser, const struct origin *o, struct err *err)
{
	if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
		return err_system(err, ENOMEM, "%s: cannot be read", o->name);
	const yaml_mark_t *mark = problem_mark(parser);
	int line = origin_line(o, mark), column = origin_column(o, mark), tab = indenting_tab(parser, o);
	if (tab >= 0)
		return err_input(err, "%s:%d:%d: not YAML: a tab in the indentation, which takes only spaces", o->name,
				 line, tab + 1);
	if (!parser->context)
		return err_input(err, "%s:%d:%d: not YAML: %s", o->name, line, column, parser->problem);
	char from[32] = "";
	if (parser->context_mark.line != mark->line)
		snprintf(from, sizeof from, " (from line %d)", origin_line(o, &parser->context_mark));
	return err_input(err, "%s:%d:%d: not YAML: %s %s%s", o->name, line, column, parser->problem, parser->context,
			 from);
}
