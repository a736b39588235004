/* record.h - a run on disk: one JSON object per line, written as it happens (docs/record-format.md describes each
 * field).
 *
 * Lines are gathered in memory and written whole by record_flush, so a run that is killed leaves a file that can be
 * read up to its last line. Instants are nanoseconds since the run's start; what is private (headers, tokens) is never
 * in here.
 */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "base/err.h"
#include "timeline.h"

#include <stdio.h>

struct record;
/* Creates or replaces the file and writes the first line. */
struct record *record_create(const char *path, const struct run_facts *facts, int64_t start_ns, int64_t start_wall_ns,
			     struct err *err);
void record_destroy(struct record *r); /* flushes; NULL is fine */

void record_pod(struct record *r, int index, const struct cluster_pod *pod);
void record_plane(struct record *r, int index, const struct cluster_plane *plane);
void record_event(struct record *r, const struct event *event);
void record_failure(struct record *r, const struct failure *f);
void record_bucket(struct record *r, const struct bucket *b);
/* What was learned later: failure number `index` (from 0) had reached `pod`. */
void record_attribution(struct record *r, size_t index, int pod);
void record_end(struct record *r, const struct load_totals *totals);
/* Everything so far is in the file. After a failure the lines of this flush are lost and later ones are tried again. */
int record_flush(struct record *r, struct err *err) __attribute__((warn_unused_result));

/* A whole timeline as a record, as fuzzers and tools want it. */
int record_write(FILE *out, const struct timeline *t, struct err *err) __attribute__((warn_unused_result));

/* Reads a record back, finished. A last line that was cut is left out (timeline.cut_line says which); anything else
 * that does not fit is ERR_INPUT, "file:line: what". "-" is standard input. */
int record_read(const char *path, struct timeline **ret_timeline, struct err *err) __attribute__((warn_unused_result));
int record_read_stream(FILE *in, const char *name, struct timeline **ret_timeline, struct err *err)
	__attribute__((warn_unused_result));

#define RECORD_VERSION 1
#define RECORD_LINE_MAX (1024 * 1024)

#endif
