/* layout.h - words on a terminal: wrapping with a hanging indent, numbers that can be read, colour when asked for. */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include "base/text.h"

#include <stdint.h>

/* `text`, broken at blanks to fit `width`. The first line begins with `first`, those that follow with `hang` blanks.
 * What the service wrote may be in it: control characters become '?', so that no peer writes to the terminal. Words
 * longer than a line stay whole. */
void layout_wrap(struct text *out, const char *first, const char *text, int hang, int width);
/* As it stands, indented, for lines of YAML. */
void layout_verbatim(struct text *out, const char *lines, int indent);

/* Columns that a UTF-8 text takes, one per character. */
int layout_columns(const char *text);

#endif
