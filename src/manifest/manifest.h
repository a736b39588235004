/* manifest.h - reads manifests: YAML (or JSON) streams, files, folders, kustomizations. */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include "base/err.h"
#include "objects.h"

struct manifest *manifest_create(void);
void manifest_destroy(struct manifest *m);

/* Adds every document of `data` to `m`. `name` stands in messages. On failure `err` is one line, "file:line:column:
 * what was expected", kind ERR_INPUT, and `m` is only good for manifest_destroy. */
int manifest_read(struct manifest *m, const char *name, const char *data, size_t length, struct err *err)
	__attribute__((warn_unused_result));
/* A file, a folder (its *.yaml, *.yml and *.json, sorted by name, not deeper), or "-" for standard input. */
int manifest_read_path(struct manifest *m, const char *path, struct err *err) __attribute__((warn_unused_result));
/* What `kubectl kustomize DIR` prints. Without kubectl: ERR_SYSTEM that says so. */
int manifest_read_kustomization(struct manifest *m, const char *folder, struct err *err)
	__attribute__((warn_unused_result));

#endif
