// SPDX-License-Identifier: Apache-2.0
/* helper_counters.c - a counter out of /proc is a number of its text, or refused: never negative, never out of bounds.
 */
#include "helper/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int64_t n, const char *text)
{
	char digits[32];
	if (n < 0) {
		if (n != -EPROTO)
			abort();
		return;
	}
	snprintf(digits, sizeof digits, "%lld", (long long)n);
	if (!strstr(text, digits))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	check(counters_parse_handshakes(text), text);
	check(counters_parse_start(text), text);
	free(text);
	return 0;
}
