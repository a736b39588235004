// SPDX-License-Identifier: Apache-2.0
#include "sparkline.h"

#define LEVELS 8

static const char *sparkline_level(int level, bool utf8)
{
	static const char *const blocks[LEVELS + 1] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[LEVELS + 1] = {".", "_", "-", "~", "=", "+", "*", "%", "#"};
	return utf8 ? blocks[level] : letters[level];
}

void sparkline_write(struct text *out, const int64_t *values, int count, bool utf8)
{
	int64_t largest = 0;
	for (int i = 0; i < count; i++)
		if (values[i] > largest)
			largest = values[i];
	for (int i = 0; i < count; i++) {
		int level = 0;
		if (values[i] > 0)
			level = 1 + (int)((double)values[i] / (double)largest * (LEVELS - 1) + 0.5);
		text_add(out, sparkline_level(level, utf8));
	}
}
