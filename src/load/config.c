// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "base/clock.h"

#include <inttypes.h>

#define AT_ONCE_MAX INT64_C(100000000)              /* requests in flight that are asked for */
#define TIMEOUT_MAX_NS (365 * 24 * 3600 * NS_PER_S) /* so that no sum of instants overflows */

static int config_check_targets(const struct load_config *c, struct err *err)
{
	if (c->target_count < 1 || c->target_count > LOAD_TARGETS_MAX)
		return err_input(err, "%d targets: expected 1 to %d", c->target_count, LOAD_TARGETS_MAX);
	for (int i = 0; i < c->target_count; i++) {
		if (!c->targets[i].path && !(c->paths && c->paths[0]))
			return err_input(err, "no path to ask for");
		if (!c->targets[i].host_header && !c->host_header)
			return err_input(err, "no Host header");
		if (c->targets[i].tls_host && !c->tls)
			return err_input(err, "no TLS context");
	}
	return 0;
}

int config_check(const struct load_config *c, struct err *err)
{
	if (!c->fresh && !c->keepalive)
		return err_input(err, "neither fresh nor kept-alive connections");
	if (!(c->rate >= 0) || c->rate > 1e9)
		return err_input(err, "a rate of %g per second", c->rate);
	if (c->rate == 0 && c->connections < 1)
		return err_input(err, "a closed loop needs at least one connection");
	if (c->arrivals == LOAD_POISSON && c->rate == 0)
		return err_input(err, "arrivals by chance need a rate");
	if (c->share < 0 || (c->share && c->share >= c->shares))
		return err_input(err, "share %d of %d", c->share, c->shares);
	if (c->connections < 0 || c->connections > AT_ONCE_MAX || c->streams < 0 || c->streams > AT_ONCE_MAX ||
	    c->connections * c->streams > AT_ONCE_MAX)
		return err_input(err, "%" PRId64 " connections with %" PRId64 " streams each are too many",
				 c->connections, c->streams);
	if (c->requests < 0 || c->duration_ns < 0)
		return err_input(err, "a negative number of requests, or a negative duration");
	if (c->timeout_ns <= 0 || c->timeout_ns > TIMEOUT_MAX_NS || c->connect_timeout_ns <= 0 ||
	    c->connect_timeout_ns > TIMEOUT_MAX_NS)
		return err_input(err, "a timeout is between 1 ns and a year");
	return config_check_targets(c, err);
}
