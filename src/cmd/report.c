// SPDX-License-Identifier: Apache-2.0
/* report.c - the verb `report`: reads a recorded run and says what it meant. */
#include "base/options.h"
#include "report/json.h"
#include "report/text.h"
#include "run/record.h"
#include "run/verdict.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum output { OUTPUT_TEXT = 0, OUTPUT_JSON };

static struct {
	enum output output;
} config = {.output = OUTPUT_TEXT};

static int set_output(const char *value, void *field, struct err *err)
{
	if (!strcmp(value, "text"))
		config.output = OUTPUT_TEXT;
	else if (!strcmp(value, "json"))
		config.output = OUTPUT_JSON;
	else
		return err_input(err, "'%s' is no output (text, json)", value);
	return 0;
}

static const struct option_spec specs[] = {
	{OPTION_CALL, .letter = 'o', .name = "output", .value = "FORMAT", .help = "text or json", .call = set_output,
	 .standard = "text"},
	{OPTION_END},
};

static const struct options options = {
	.usage = "zerodrop report [options] RUN",
	.summary = "Renders a recorded run (a file written with --record, or - for standard input). Its exit status is "
		   "the run's.",
	.specs = specs,
	.examples = "  zerodrop report shop.run\n  zerodrop report -o json shop.run | jq .findings\n",
};

static int terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 100;
}

static void print_text(const struct timeline *t, const struct verdict *v)
{
	auto_text out = TEXT_INIT(REPORT_TEXT_MAX);
	bool is_terminal = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	struct report_style style = {.color = is_terminal, .width = terminal_width()};
	report_text(&out, t, v, &style);
	fputs(text_str(&out), stdout);
}

static void print_json(const struct timeline *t, const struct verdict *v)
{
	json_t *json = report_json(t, v);
	json_dumpf(json, stdout, REPORT_JSON_FLAGS);
	putchar('\n');
	json_decref(json);
}

static int report_path(const char *path, enum status *ret_status, struct err *err)
{
	struct timeline *t;
	int result = record_read(path, &t, err);
	if (result < 0)
		return result;
	struct verdict v;
	verdict_init(&v, t);
	if (config.output == OUTPUT_JSON)
		print_json(t, &v);
	else
		print_text(t, &v);
	*ret_status = v.exit;
	verdict_finish(&v);
	timeline_destroy(t);
	return fflush(stdout) || ferror(stdout) ? err_system(err, 0, "cannot write the report") : 0;
}

int cmd_report(int argc, char **argv)
{
	struct err err = {0};
	char **arguments;
	enum status status = STATUS_OK;
	int result = options_parse(&options, argc, argv, &arguments, &err);
	if (result > 0)
		return STATUS_OK;
	if (result < 0)
		return (int)cmd_fail("report", &err);
	if (!arguments[0] || arguments[1])
		result = err_input(&err, "one recorded run is needed (see zerodrop report --help)");
	else
		result = report_path(arguments[0], &status, &err);
	free(arguments);
	return (int)(result < 0 ? cmd_fail("report", &err) : status);
}
