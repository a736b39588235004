// SPDX-License-Identifier: Apache-2.0
/* run_diagnosis.c - whatever was recorded, every failure gets exactly one cause, and both reports can be made of it. */
#include "report/json.h"
#include "report/text.h"
#include "run/record.h"
#include "run/verdict.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct timeline *t, const struct verdict *v)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < v->diagnosis.finding_count; i++) {
		const struct finding *f = &v->diagnosis.findings[i];
		lost += f->lost;
		assert(f->cause != CAUSE_CLIENT_SIDE || f->lost == v->client_side);
	}
	assert(lost == t->failed);
	assert((v->exit == STATUS_LOST) == (v->lost > 0));
}

static void render(const struct timeline *t, const struct verdict *v)
{
	auto_text out = TEXT_INIT(REPORT_TEXT_MAX);
	report_text(&out, t, v, &(struct report_style){.color = true, .width = 80});
	json_t *json = report_json(t, v);
	assert(json && json_object_size(json) == 11);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct timeline *t = NULL;
	FILE *in = fmemopen((void *)data, size, "r");
	int result = record_read_stream(in, "fuzz", &t, NULL);
	(void)fclose(in);
	if (result < 0)
		return 0;
	struct verdict v;
	verdict_init(&v, t);
	check(t, &v);
	render(t, &v);
	verdict_finish(&v);
	timeline_destroy(t);
	return 0;
}
