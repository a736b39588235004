// SPDX-License-Identifier: Apache-2.0
/* lameduck_duration.c - what the library takes for a duration means the same to the program's own parser. */
#include "base/clock.h"
#include "base/units.h"
#include "lifecycle/environment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = malloc(size + 1);
	memcpy(word, data, size);
	word[size] = '\0';
	int64_t ms = -1, ns = -1;
	bool is_set = word[0] && lameduck_env_duration(word, &ms) == 0;
	/* The other one has a limit of its own for digits. */
	bool is_known = units_duration(word, &ns, NULL) == 0;
	if (is_set && is_known && llabs(ns - ms * NS_PER_MS) > (int64_t)(size + 1) * NS_PER_MS)
		abort();
	if (is_set && !is_known && size < 24)
		abort();
	if (is_set ? ms < 0 : ms != -1)
		abort();
	free(word);
	return 0;
}
