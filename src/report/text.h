/* text.h - a verdict for a terminal: what was lost, why, the evidence, the fix, and how sure that is. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "base/text.h"
#include "run/verdict.h"

struct report_style {
	bool color;
	int width; /* columns; below 60 counts as 60 */
};

#define REPORT_TEXT_MAX (4 * 1024 * 1024)

void report_text(struct text *out, const struct timeline *t, const struct verdict *v, const struct report_style *style);

#endif
