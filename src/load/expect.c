// SPDX-License-Identifier: Apache-2.0
#include "expect.h"

#include <ctype.h>
#include <string.h>

/* Three digits from 100 to 599; "xx" for the last two is the whole class. */
static bool expect_number(const char *p, int *ret_low, int *ret_high)
{
	if (p[0] < '1' || p[0] > '5')
		return false;
	int class = (p[0] - '0') * 100;
	if (p[1] == 'x' && p[2] == 'x') {
		*ret_low = class;
		*ret_high = class + 99;
		return true;
	}
	if (!isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]))
		return false;
	*ret_low = *ret_high = class + (p[1] - '0') * 10 + (p[2] - '0');
	return true;
}

static bool expect_part(const char *p, size_t length, struct expect *e)
{
	int low, high, ignored;
	if (length != 3 && !(length == 7 && p[3] == '-'))
		return false;
	if (!expect_number(p, &low, &high) || (length == 7 && !expect_number(p + 4, &ignored, &high)) || low > high)
		return false;
	for (int status = low; status <= high; status++)
		e->statuses[status] = true;
	return true;
}

int expect_parse(const char *words, struct expect *ret_expect, struct err *err)
{
	struct expect e = {.is_set = true};
	const char *p = words;
	for (;;) {
		size_t length = strcspn(p, ",");
		if (!expect_part(p, length, &e))
			return err_input(err, "'%.*s' is not a status: expected \"200\", \"2xx\" or \"200-299\"",
					 (int)length, p);
		if (!p[length])
			break;
		p += length + 1;
	}
	*ret_expect = e;
	return 0;
}

bool expect_matches(int status, void *data)
{
	const struct expect *e = data;
	return status >= 0 && status < EXPECT_STATUSES && e->statuses[status];
}
