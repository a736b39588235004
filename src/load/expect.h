/* expect.h - which statuses are no failure, as people say it: "200,204", "2xx", "200-299". */
#ifndef LOAD_EXPECT_H
#define LOAD_EXPECT_H

#include "base/err.h"

#include <stdbool.h>

#define EXPECT_STATUSES 600

struct expect {
	bool is_set; /* something was said */
	bool statuses[EXPECT_STATUSES];
};

/* Replaces what was there. */
int expect_parse(const char *words, struct expect *ret_expect, struct err *err) __attribute__((warn_unused_result));
/* As load_config.expects; `data` is a struct expect. */
bool expect_matches(int status, void *data);

#endif
