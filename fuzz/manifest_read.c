// SPDX-License-Identifier: Apache-2.0
/* manifest_read.c - any bytes either make objects whose names and places are good, or one line that says where and why;
 * and the same bytes twice make the same. */
#include "base/memory.h"
#include "dump.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "m.yaml"
#define DUMP_MAX (64 << 20)

#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "broken: %s\n", #condition);                                                   \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* At most: all that any version of YAML takes for the end of a line. */
static int count_lines(const uint8_t *data, size_t size)
{
	int lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xa8 || data[i] == 0xa9;
	return lines;
}

static void check_object(const char *name, const struct place *place, int lines)
{
	MUST(name && *name);
	MUST(!strcmp(place->file, NAME));
	MUST(place->line >= 1 && place->line <= lines);
	MUST(place->column >= 1);
}

static void check_manifest(const struct manifest *m, int lines)
{
	for (size_t i = 0; i < m->deployment_count; i++) {
		const struct deployment *d = &m->deployments[i];
		check_object(d->name, &d->place, lines);
		MUST(d->pod.container_count > 0 && d->replicas >= 0);
		MUST(labels_match(&d->selector, &d->pod.labels));
		for (size_t k = 0; k < d->pod.container_count; k++)
			check_object(d->pod.containers[k].name, &d->pod.containers[k].place, lines);
	}
	for (size_t i = 0; i < m->service_count; i++)
		check_object(m->services[i].name, &m->services[i].place, lines);
	for (size_t i = 0; i < m->ingress_count; i++)
		check_object(m->ingresses[i].name, &m->ingresses[i].place, lines);
	for (size_t i = 0; i < m->passed_over_count; i++)
		check_object(m->passed_over[i].kind, &m->passed_over[i].place, lines);
}

/* "m.yaml:LINE:COLUMN: words", in one line of valid characters. */
static void check_refusal(const struct err *err, int lines)
{
	int line = 0, column = 0, length = 0;
	MUST(err->kind == ERR_INPUT);
	MUST(sscanf(err->text, NAME ":%d:%d: %n", &line, &column, &length) == 2 && length > 0);
	MUST(line >= 1 && line <= lines + 1 && column >= 1 && err->text[length]);
	for (const char *p = err->text; *p; p++)
		MUST(!iscntrl((unsigned char)*p));
}

/* What went in is UTF-8, or it is refused: so anything else that comes out is memory that nobody wrote. */
static bool is_utf8(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		int more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : -1;
		if (more < 0)
			return false;
		for (p++; more > 0; more--, p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static void read_once(const uint8_t *data, size_t size, struct text *ret_result)
{
	struct manifest *m = manifest_create();
	struct err err = {0};
	/* A copy of the exact size, so that reading beyond it is seen. */
	char *exact = memory_new(size, 1);
	memcpy(exact, data, size);
	int rc = manifest_read(m, NAME, exact, size, &err);
	free(exact);
	if (rc < 0) {
		check_refusal(&err, count_lines(data, size));
		text_add(ret_result, err.text);
	} else {
		MUST(err.kind == ERR_NONE);
		check_manifest(m, count_lines(data, size));
		dump_manifest(m, ret_result);
	}
	manifest_destroy(m);
	MUST(is_utf8(text_str(ret_result)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_text once = TEXT_INIT(DUMP_MAX);
	auto_text again = TEXT_INIT(DUMP_MAX);
	read_once(data, size, &once);
	read_once(data, size, &again);
	MUST(!strcmp(text_str(&once), text_str(&again)));
	return 0;
}
