/* syntax.h - what libyaml has to complain about, as one line with a place. */
#ifndef MANIFEST_SYNTAX_H
#define MANIFEST_SYNTAX_H

#include "base/err.h"
#include "origin.h"

int syntax_fail(const yaml_parser_t *parser, const struct origin *o, struct err *err);

#endif
