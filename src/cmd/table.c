// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/units.h"
#include "progress.h"
#include "report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KINDS_WIDTH 42

static uint64_t lost_of(const struct side *s)
{
	json_int_t lost = 0;
	size_t i;
	const json_t *finding;
	json_array_foreach(json_object_get(s->result, "findings"), i,
			   finding) if (strcmp(json_string_value(json_object_get(finding, "cause")), "client-side"))
		lost += json_integer_value(json_object_get(finding, "lost"));
	return (uint64_t)lost;
}

/* How many of them were laid to the case's own cause. */
static uint64_t laid_to_case(const struct side *s)
{
	size_t i;
	const json_t *finding;
	json_array_foreach(json_object_get(s->result, "findings"), i,
			   finding) if (!strcmp(json_string_value(json_object_get(finding, "cause")),
						s->edge_case->name)) return (uint64_t)
		json_integer_value(json_object_get(finding, "lost"));
	return 0;
}

static uint64_t requests_of(const struct side *s)
{
	return (uint64_t)json_integer_value(json_object_get(s->result, "requests"));
}

bool side_is_as_it_should(const struct side *s)
{
	if (!s->result)
		return false;
	return s->which ? s->status == STATUS_OK && lost_of(s) == 0 : lost_of(s) > 0 && laid_to_case(s) > 0;
}

void table_tell(const struct side *s)
{
	char requests[UNITS_SIZE], lost[UNITS_SIZE];
	progress_end();
	fprintf(stderr, "  %-22s%-13s", s->edge_case->name, s->which ? "with the fix" : "as deployed");
	if (s->result)
		fprintf(stderr, "%7s requests, %s lost\n", units_show_count(requests_of(s), requests),
			units_show_count(lost_of(s), lost));
	else
		fprintf(stderr, "%s\n", s->text);
}

/* "status/500 240, connect/refused 3", cut to fit. */
static void kinds_of(const struct side *s, char out[KINDS_WIDTH + 4])
{
	auto_text t = TEXT_INIT(4096);
	const char *name;
	json_t *count;
	json_object_foreach(json_object_get(s->result, "failures"), name, count)
		text_printf(&t, "%s%s %lld", t.length ? ", " : "", name, (long long)json_integer_value(count));
	if (t.length <= KINDS_WIDTH)
		snprintf(out, KINDS_WIDTH + 4, "%-*s", KINDS_WIDTH, text_str(&t));
	else
		snprintf(out, KINDS_WIDTH + 4, "%.*s…", KINDS_WIDTH - 1, text_str(&t));
}

static void print_row(const struct side *without, const struct side *with, bool color)
{
	char requests[UNITS_SIZE], lost[2][UNITS_SIZE], kinds[KINDS_WIDTH + 4];
	const struct side *sides[] = {without, with};
	const char *colors[] = {"\033[31m", "\033[32m"};
	units_show_count(requests_of(without) + requests_of(with), requests);
	for (int i = 0; i < 2; i++)
		if (sides[i]->result)
			units_show_count(lost_of(sides[i]), lost[i]);
		else
			snprintf(lost[i], sizeof lost[i], "no run");
	kinds_of(without, kinds);
	printf("%-21s%9s  %s%7s%s  %s%s%15s%s  %s\n", without->edge_case->name, requests, color ? colors[0] : "",
	       lost[0], color ? "\033[0m" : "", kinds, color ? colors[with->result && !lost_of(with)] : "", lost[1],
	       color ? "\033[0m" : "", without->edge_case->fix);
}

/* What is not as it should be, or that all is. */
static void print_conclusion(const struct side *sides, int count)
{
	bool all = true;
	for (int i = 0; i < count; i++) {
		const struct side *s = &sides[i];
		if (side_is_as_it_should(s))
			continue;
		if (all)
			putchar('\n');
		all = false;
		if (!s->result)
			printf("%s %s: %s\n", s->edge_case->name, s->which ? "with the fix" : "as deployed",
			       s->text ? s->text : "left out");
		else if (lost_of(s) == 0 && s->status == STATUS_INCONCLUSIVE)
			printf("%s %s: %s\n", s->edge_case->name, s->which ? "with the fix" : "as deployed",
			       json_string_value(
				       json_object_get(json_object_get(s->result, "confidence"), "sentence")));
		else if (s->which)
			printf("%s with the fix still lost requests: the fix does not hold here.\n",
			       s->edge_case->name);
		else
			printf("%s as deployed lost nothing to its own cause: the case does not show here.\n",
			       s->edge_case->name);
	}
	if (all)
		printf("\nAs deployed, every case loses requests to the cause it is named for; with its fix, none.\n"
		       "zerodrop rehearse --case NAME shows one of them in full; -f rehearses your own manifests.\n");
}

void table_print(const struct side *sides, int count, bool whole)
{
	bool color = progress_color(STDOUT_FILENO);
	for (int i = 0; whole && i < count; i++)
		printf("%s %s:\n\n%s\n", sides[i].edge_case->name, sides[i].which ? "with the fix" : "as deployed",
		       sides[i].text ? sides[i].text : "");
	printf("%s%-21s%9s  %7s  %-*s%15s  %s%s\n", color ? "\033[1m" : "", "edge case", "requests", "lost",
	       KINDS_WIDTH, "as deployed", "lost when fixed", "the fix", color ? "\033[0m" : "");
	for (int i = 0; i + 1 < count; i += 2)
		print_row(&sides[i], &sides[i + 1], color);
	print_conclusion(sides, count);
}

void table_print_json(const struct side *sides, int count, int status)
{
	json_t *list = json_array();
	for (int i = 0; i + 1 < count; i += 2)
		json_array_append_new(list, json_pack("{ss ss ss sO? sO?}", "name", sides[i].edge_case->name, "problem",
						      sides[i].edge_case->problem, "fix", sides[i].edge_case->fix,
						      "without", sides[i].result, "with", sides[i + 1].result));
	json_t *json = json_pack("{so si}", "cases", list, "exit", status);
	json_dumpf(json, stdout, REPORT_JSON_FLAGS);
	putchar('\n');
	json_decref(json);
}
