// SPDX-License-Identifier: Apache-2.0
#include "layout.h"

#include <string.h>

int layout_columns(const char *text)
{
	int columns = 0;
	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80; /* not a continuation byte */
	return columns;
}

/* Control characters: C0, DEL, and C1 as UTF-8 writes it (0xc2 0x80…0x9f). */
static void layout_word(struct text *out, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)word[i];
		bool is_c1 = c == 0xc2 && i + 1 < length && (unsigned char)word[i + 1] < 0xa0;
		if (c < 0x20 || c == 0x7f || is_c1)
			text_append(out, "?", 1);
		else
			text_append(out, word + i, 1);
		i += is_c1;
	}
}

static int word_columns(const char *word, size_t length)
{
	int columns = 0;
	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)word[i] & 0xc0) != 0x80;
	return columns;
}

void layout_wrap(struct text *out, const char *first, const char *text, int hang, int width)
{
	int column = layout_columns(first);
	bool is_line_empty = true;
	text_add(out, first);
	while (*text) {
		size_t blanks = strspn(text, " ");
		size_t length = strcspn(text + blanks, " ");
		int columns = word_columns(text + blanks, length);
		if (!is_line_empty && column + (int)blanks + columns > width) {
			text_printf(out, "\n%*s", hang, "");
			column = hang;
			blanks = 0;
			text += strspn(text, " ");
		}
		text_printf(out, "%*s", (int)blanks, "");
		layout_word(out, text + blanks, length);
		column += (int)blanks + columns;
		text += blanks + length;
		is_line_empty = false;
	}
	text_add(out, "\n");
}

void layout_verbatim(struct text *out, const char *lines, int indent)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		text_printf(out, "%*s", indent, "");
		layout_word(out, lines, length);
		text_add(out, "\n");
		lines += length + (lines[length] == '\n');
	}
}
