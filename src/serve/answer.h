/* answer.h - the bytes of each answer. What does not change is put together once; the date once a second. */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "base/text.h"

#include <stdbool.h>
#include <time.h>

struct answer {
	int status;
	const char *body;  /* NULL: the page with version and pod */
	size_t length;     /* of the body; 0: to its NUL */
	const char *field; /* one more, whole, with its line's end; NULL: none */
	bool is_head;      /* the body is announced, not sent */
	bool closes;       /* the connection's last */
	bool says_keeping; /* HTTP/1.0 wants to hear it */
};

struct answers {
	struct text page, page_head;
	struct text names; /* fields that every answer carries */
	time_t dated;
	char date[48];
};

#define ANSWER_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

void answers_init(struct answers *a, const char *version, const char *pod);
void answers_finish(struct answers *a);
void answers_write(struct answers *a, const struct answer *what, time_t now, struct text *out);

#endif
