/* load_plan.h - from what `zerodrop load` was told to a load that can run: URLs looked up, bodies read. */
#ifndef CMD_LOAD_PLAN_H
#define CMD_LOAD_PLAN_H

#include "load/load.h"
#include "load_options.h"

struct load_plan {
	struct load_config config; /* borrows from here and from the options */
	char *url;                 /* as typed, with blanks between them */
	bool is_local;             /* one of the targets is on this host */

	/* private */
	const char **hosts, **paths, **tls_hosts; /* by target */
	char *body;
	struct versions *versions;
};

int load_plan_make(const struct load_options *options, char **urls, struct load_plan *ret_plan, struct err *err)
	__attribute__((warn_unused_result));
void load_plan_finish(struct load_plan *p); /* a zeroed one is fine */

#endif
