/* summary.h - what a load came to: the JSON object, the text for people, and one JSON line per failure. */
#ifndef LOAD_SUMMARY_H
#define LOAD_SUMMARY_H

#include "base/text.h"
#include "course.h"
#include "load.h"
#include "notes.h"
#include "tally.h"
#include "versions.h"

#include <jansson.h>

#define SUMMARY_TEXT_MAX (1024 * 1024)

/* What ended it before all was sent. */
enum summary_stop { SUMMARY_NOT_STOPPED = 0, SUMMARY_MAX_LOST, SUMMARY_SIGNAL };

struct summary {
	const char *url; /* several: with a blank between them */
	const char *method;
	double rate; /* asked for; 0 = closed loop */
	enum load_arrivals arrivals;
	bool fresh, keepalive;
	int64_t connections, streams; /* streams: HTTP/2's, when more than one was asked for */
	enum summary_stop stop;
	uint64_t cut; /* lost only because we stopped waiting for them */
	const struct load_totals *totals;
	const struct tally *tally;
	const struct course *course;
	const struct notes *notes;
	struct versions *versions; /* NULL: none were asked for */
};

struct summary_style {
	bool color, utf8;
};

/* The contract of `--output json`. The caller frees. */
json_t *summary_json(const struct summary *s) __attribute__((warn_unused_result));
void summary_text(const struct summary *s, struct summary_style style, struct text *out);

/* One failure whole, its instants counted from the start of the load. The caller frees. Any thread. */
json_t *summary_failure(const struct outcome *o, int64_t start_ns, int64_t start_wall_ns, struct versions *versions)
	__attribute__((warn_unused_result));

/* Every request is accounted for, and the load's books and those kept of its outcomes say the same: else no figure can
 * be believed. */
bool summary_adds_up(const struct summary *s);

/* Lost: the service's failures. With none, a load is inconclusive that sent nothing, that could not be sent whole for
 * our own limits, or that was too late to be the one asked for. */
enum status summary_status(const struct summary *s);

#endif
