/* advice.h - what to change so that a finding does not come back, with the figures of this very run. */
#ifndef RUN_ADVICE_H
#define RUN_ADVICE_H

#include "diagnosis.h"
#include "scene.h"

/* Sentences; then, where it helps, lines of YAML, each after a line break. Caller frees. */
char *advice_text(const struct scene *s, const struct finding *f, const enum cause *causes);

#endif
