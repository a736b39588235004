// SPDX-License-Identifier: Apache-2.0
/* serve.c - `zerodrop serve`: options in, the reference server out. */
#include "serve_options.h"
#include "verbs.h"

int cmd_serve(int argc, char **argv)
{
	struct err err = {0};
	struct serve_config config;
	int rc = serve_options_parse(argc, argv, &config, &err);
	if (rc == 0)
		rc = serve_run(&config, &err);
	else if (rc > 0)
		rc = STATUS_OK;
	serve_options_free();
	return rc < 0 ? (int)cmd_fail("serve", &err) : rc;
}
