/* content.h - whether an answer says what it should: a text in its body, and a version that does not go back.
 *
 * One content for a load, one reader for each answer that is on its way. The reader takes the body in any pieces; the
 * verdict does not depend on how it was cut. It keeps none of it but, when the version is in the body, its beginning.
 */
#ifndef LOAD_CONTENT_H
#define LOAD_CONTENT_H

#include "base/text.h"
#include "load.h"
#include "versions.h"

#define CONTENT_START_MAX (64 * 1024) /* of the body: where the version is looked for */

struct content;

struct content_reader {
	char version[VERSION_SIZE]; /* the version header's value, put here by whoever reads the head */
	/* private */
	size_t matched; /* so many last bytes of the body are the first of the text */
	bool is_found;
	struct text start;
};

/* *ret_content is NULL when nothing is asked of answers. */
int content_create(const struct load_config *config, struct content **ret_content, struct err *err)
	__attribute__((warn_unused_result));
void content_destroy(struct content *c);
const char *content_version_header(const struct content *c); /* or NULL; borrowed */

/* For the next answer; a zeroed reader is fine too. */
void content_begin(struct content_reader *r);
void content_feed(const struct content *c, struct content_reader *r, const char *piece, size_t length);
/* Of a whole and expected answer: what is not as it should be makes the outcome a mismatch. Instants are filled in. */
void content_judge(const struct content *c, struct content_reader *r, struct outcome *o);
void content_finish(struct content_reader *r);

#endif
