/* load_tls.h - what `zerodrop load` needs for https: whom it trusts, and a look at the certificates beforehand. */
#ifndef CMD_LOAD_TLS_H
#define CMD_LOAD_TLS_H

#include "load/load.h"
#include "load_options.h"

/* Sets config->tls when a target or an option asks for it; the caller destroys it. */
int load_tls_create(const struct load_options *options, struct load_config *config, struct err *err)
	__attribute__((warn_unused_result));
/* Unless any certificate will do. Blocks for a few seconds at most. */
int load_tls_check(const struct load_options *options, const struct load_config *config, struct err *err)
	__attribute__((warn_unused_result));

#endif
