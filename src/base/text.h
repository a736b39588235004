/* text.h - a growing text with a stated maximum.
 *
 * Always ends in NUL after the first append. Past `max` bytes the rest is dropped and `truncated` is set, so whoever
 * lets a peer fill a text decides beforehand how much that may cost. Out of memory ends the program.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;
	size_t length; /* without the NUL */
	size_t capacity;
	size_t max;
	bool truncated;
};

#define TEXT_INIT(maximum)                                                                                             \
	{                                                                                                              \
		.max = (maximum)                                                                                       \
	}
#define auto_text __attribute__((cleanup(text_finish))) struct text

void text_finish(struct text *t);
void text_reset(struct text *t); /* empties, keeps the memory */
void text_append(struct text *t, const char *data, size_t length);
void text_add(struct text *t, const char *string);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *t, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
const char *text_str(const struct text *t);                           /* "" when empty; borrowed */
char *text_steal(struct text *t) __attribute__((warn_unused_result)); /* the caller frees */

/* The whole of a descriptor, up to t->max. 0 or a negative errno; -EFBIG when there was more. */
int text_read_fd(struct text *t, int fd) __attribute__((warn_unused_result));

#endif
