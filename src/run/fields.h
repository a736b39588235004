/* fields.h - takes what it knows from one JSON object and refuses the rest: a field of another name, type or range is
 * an error that names it, never a silent default. Fields that are not there leave their variable as it was.
 *
 * Ask for any number of fields, then fields_end once: the first thing that was wrong is in `err`.
 */
#ifndef RUN_FIELDS_H
#define RUN_FIELDS_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELDS_MAX 40

struct fields {
	const json_t *object; /* borrowed */
	const char *asked[FIELDS_MAX];
	size_t asked_count;
	bool failed;
	struct err *err;
};

#define FIELDS_INIT(json, error)                                                                                       \
	{                                                                                                              \
		.object = (json), .err = (error)                                                                       \
	}

/* The value, or NULL when it is not there. The others are built on it. */
const json_t *fields_get(struct fields *f, const char *name);
void fields_need(struct fields *f, const char *name);
void fields_text(struct fields *f, const char *name, char *text, size_t size);
void fields_bool(struct fields *f, const char *name, bool *value);
void fields_number(struct fields *f, const char *name, int64_t low, int64_t high, int64_t *value);
void fields_real(struct fields *f, const char *name, double high, double *value); /* from 0 */
/* Nanoseconds, or, written by hand, "2.31s". At most FIELDS_TIME_MAX either side of 0. */
void fields_time(struct fields *f, const char *name, int64_t *value);
void fields_wrong(struct fields *f, const char *name, const char *expected);
int fields_end(struct fields *f) __attribute__((warn_unused_result));

#define FIELDS_TIME_MAX INT64_C(4000000000000000) /* 46 days */
/* A time out of an array. */
bool fields_json_time(const json_t *value, int64_t *ret_ns);

#endif
