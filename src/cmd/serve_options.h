/* serve_options.h - the command line of `zerodrop serve`, and what it asks for. */
#ifndef CMD_SERVE_OPTIONS_H
#define CMD_SERVE_OPTIONS_H

#include "serve/serve.h"

/* 0; 1: help was printed; or a negative errno. The configuration's texts live until serve_options_free. */
int serve_options_parse(int argc, char **argv, struct serve_config *ret_config, struct err *err)
	__attribute__((warn_unused_result));
void serve_options_free(void);

#endif
