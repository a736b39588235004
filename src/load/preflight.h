/* preflight.h - one handshake with each TLS server before the load begins: a certificate that cannot be verified is a
 * mistake to be mended first, not thousands of lost requests.
 *
 * Blocks, for a few seconds in all at most. Whatever else goes wrong in it is left to the load, which names it.
 */
#ifndef LOAD_PREFLIGHT_H
#define LOAD_PREFLIGHT_H

#include "load.h"

/* -EKEYREJECTED: the certificate of that target is not accepted, `err` says why. Else 0. */
int preflight_run(const struct load_config *config, int *ret_target, struct err *err)
	__attribute__((warn_unused_result));

#endif
