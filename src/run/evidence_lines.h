/* evidence_lines.h - a few dated lines, gathered in any order and handed out in order of time. */
#ifndef RUN_EVIDENCE_LINES_H
#define RUN_EVIDENCE_LINES_H

#include "scene.h"

#define EVIDENCE_LINES_MAX 8
#define LINE_SIZE 400

struct line {
	int64_t at_ns;
	int order; /* of being added: settles ties */
	char text[LINE_SIZE];
};

struct lines {
	const struct scene *s;
	struct line items[EVIDENCE_LINES_MAX];
	int count;
};

/* What never happened (TIME_NEVER) gives no line; when it is full, further lines are dropped. */
void lines_add(struct lines *l, int64_t at_ns, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "POST / through node-2 to shop-…: connect/refused after 0.4 ms (new connection, port 43112)" */
void lines_add_failure(struct lines *l, size_t failure, const char *prefix);
const char *lines_pod(const struct lines *l, int pod);
/* NULL-ended: "+3.214 s  …". */
char **lines_finish(struct lines *l);

#endif
