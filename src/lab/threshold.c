// SPDX-License-Identifier: Apache-2.0
#include "threshold.h"

void threshold_init(struct threshold *t, int64_t success, int64_t failure, bool verdict)
{
	*t = (struct threshold){.success = success, .failure = failure, .verdict = verdict};
}

bool threshold_add(struct threshold *t, bool good)
{
	t->in_a_row = t->in_a_row && good == t->last ? t->in_a_row + 1 : 1;
	t->last = good;
	if (t->in_a_row < (good ? t->success : t->failure))
		return false;
	bool changed = t->verdict != good;
	t->verdict = good;
	return changed || (!good && t->in_a_row == t->failure);
}
