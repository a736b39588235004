/* config.h - is this a load that can be run? */
#ifndef LOAD_CONFIG_H
#define LOAD_CONFIG_H

#include "load.h"

int config_check(const struct load_config *c, struct err *err) __attribute__((warn_unused_result));

#endif
