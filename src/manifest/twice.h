/* twice.h - finds objects of one kind, namespace and name that were read twice: which of them counts is anyone's guess.
 */
#ifndef MANIFEST_TWICE_H
#define MANIFEST_TWICE_H

#include "base/err.h"
#include "objects.h"

int twice_check(const struct manifest *m, struct err *err) __attribute__((warn_unused_result));

#endif
