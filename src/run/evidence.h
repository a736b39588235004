/* evidence.h - the lines that would convince a sceptic: what happened at the pod that lost most, with measured
 * distances, and one failure told whole. */
#ifndef RUN_EVIDENCE_H
#define RUN_EVIDENCE_H

#include "diagnosis.h"
#include "scene.h"

/* NULL-ended, in order of time: "+3.214 s  …". Freed with words_free. */
char **evidence_lines(const struct scene *s, const struct finding *f, const enum cause *causes);

#endif
