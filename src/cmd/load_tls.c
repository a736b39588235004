// SPDX-License-Identifier: Apache-2.0
#include "load_tls.h"

#include "load/preflight.h"
#include "net/tls.h"

#include <errno.h>
#include <stdbool.h>

/* What is offered, by preference. */
static const char *const protocols[][3] = {
	[LOAD_AUTO] = {"h2", "http/1.1", NULL},
	[LOAD_HTTP1] = {"http/1.1", NULL},
	[LOAD_HTTP2] = {"h2", NULL},
};

int load_tls_create(const struct load_options *options, struct load_config *config, struct err *err)
{
	bool is_wanted = options->cacert;
	for (int i = 0; i < config->target_count; i++)
		is_wanted |= config->targets[i].tls_host != NULL;
	if (!is_wanted)
		return 0;
	const struct tls_client_config client = {
		.cacert = options->cacert,
		.insecure = options->insecure,
		.alpn = protocols[config->protocol],
	};
	config->tls = tls_client_create(&client, err);
	if (config->tls)
		return 0;
	if (options->cacert)
		err_wrap(err, "--cacert");
	return -EINVAL;
}

int load_tls_check(const struct load_options *options, const struct load_config *config, struct err *err)
{
	int i;
	struct err why = {0};
	if (options->insecure || preflight_run(config, &i, &why) == 0)
		return 0;
	return err_system(err, 0, "https://%s: %s (--cacert FILE says whom to trust, --insecure does not look)",
			  config->targets[i].host_header, why.text);
}
