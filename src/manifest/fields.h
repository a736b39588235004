/* fields.h - reads a mapping into a plain struct by a table of its known fields.
 *
 * A table names every field that Kubernetes knows at that level, also those that mean nothing here: a key that is in no
 * table is a misspelling, and is refused as `kubectl apply` refuses it. Fields that are absent or null leave the struct
 * as it was, so defaults are what it held before. Every complaint names file:line:column.
 */
#ifndef MANIFEST_FIELDS_H
#define MANIFEST_FIELDS_H

#include "base/err.h"
#include "names.h"
#include "node.h"

/* What is handed down while one stream is read. */
struct reader {
	struct manifest *m;
	const char *file;
	struct err *err;
};

enum field_kind {
	FIELD_END = 0,
	FIELD_IGNORED, /* known, and of no consequence here */
	FIELD_NOTED,   /* known, and its absence here may change the result: `note` goes to the manifest's notes */
	FIELD_NODE,    /* const struct node *: for the caller to read */
	FIELD_TEXT,    /* const char * */
	FIELD_TEXTS,   /* char **: a list of strings, NULL-ended */
	FIELD_NUMBER,  /* int64_t within low..high */
	FIELD_SWITCH,  /* bool */
	FIELD_PORT,    /* struct int_or_string: 1 to 65535 or a port's name */
	FIELD_SHARE,   /* struct int_or_string: a number or a percentage */
};

struct field {
	enum field_kind kind;
	const char *name;
	size_t offset;
	bool is_required;
	int64_t low, high;
	const struct form *form;  /* of a text, if it must have one */
	const char *const *words; /* of a text, if it must be one of these; NULL-ended */
	const char *note;
};

struct level {
	const char *what; /* "a container" */
	const struct field *fields;
	const char *hint; /* added to the complaint about an unknown field, or NULL */
	bool takes_any;   /* unknown fields are passed over */
};

#define FIELD_AT(type, member) .name = #member, .offset = offsetof(type, member)
#define FIELD_SECONDS_MAX INT32_MAX

int fields_read(struct reader *r, const struct node *map, const struct level *level, void *object)
	__attribute__((warn_unused_result));

/* "file:line:column: …" into r->err; -EINVAL. */
int fields_fail(struct reader *r, const struct node *n, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fields_note(struct reader *r, const struct node *n, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct place fields_place(const struct reader *r, const struct node *n);

/* "name: expected WHAT, got …" unless `n` is of that kind. */
int fields_expect(struct reader *r, const struct node *n, enum node_kind kind, const char *name)
	__attribute__((warn_unused_result));

#endif
