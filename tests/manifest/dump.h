/* dump.h - all that was read from manifests, as lines of text, for comparing. */
#ifndef TESTS_MANIFEST_DUMP_H
#define TESTS_MANIFEST_DUMP_H

#include "base/text.h"
#include "manifest/manifest.h"

void dump_manifest(const struct manifest *m, struct text *out);

#endif
