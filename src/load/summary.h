/* summary.h - what a load came to: the JSON object, the text for people, and one JSON line per failure. */
#ifndef LOAD_SUMMARY_H
#define LOAD_SUMMARY_H

#include "base/text.h"
#include "load.h"
#include "tally.h"

#include <jansson.h>

#define SUMMARY_TEXT_MAX (1024 * 1024)

struct summary {
	const char *url; /* several: with a blank between them */
	const char *method;
	double rate; /* asked for; 0 = closed loop */
	bool fresh, keepalive;
	int64_t connections;
	const struct load_totals *totals;
	const struct tally *tally;
};

/* The contract of `--format json`. The caller frees. */
json_t *summary_json(const struct summary *s) __attribute__((warn_unused_result));
void summary_text(const struct summary *s, bool color, struct text *out);

/* One failure whole, its instants counted from the start of the load. The caller frees. */
json_t *summary_failure(const struct outcome *o, const struct load_totals *totals) __attribute__((warn_unused_result));

/* Lost: the service's failures. None of a load that could not be sent whole for our own limits is inconclusive. */
enum status summary_status(const struct summary *s);

#endif
