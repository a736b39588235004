// SPDX-License-Identifier: Apache-2.0
#include <lameduck.h>

#include "environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LISTENERS 16
#define MARGIN_MOST_MS 1000
#define LAME_DUCK_MOST_MS 15000
/* Longer than anything that is meant, and far from where sums of nanoseconds end. */
#define LONGEST_MS (INT64_C(100) * 24 * 3600 * 1000)

void lameduck_config_init(struct lameduck_config *config)
{
	*config = (struct lameduck_config){
		.grace_ms = 30000,
		.margin_ms = LAMEDUCK_AUTO,
		.lame_duck_ms = LAMEDUCK_AUTO,
		.drain_ms = LAMEDUCK_AUTO,
		.listeners = LISTENERS,
	};
}

int lameduck_config_from_env(struct lameduck_config *config, const char **ret_variable)
{
	struct lameduck_config c = *config;
	const struct {
		const char *name;
		int64_t *field;
	} durations[] = {
		{"LAMEDUCK_GRACE", &c.grace_ms},   {"LAMEDUCK_PRESTOP", &c.prestop_ms},
		{"LAMEDUCK_MARGIN", &c.margin_ms}, {"LAMEDUCK_MAX", &c.lame_duck_ms},
		{"LAMEDUCK_QUIET", &c.quiet_ms},   {"LAMEDUCK_DRAIN", &c.drain_ms},
	};
	const char *bad = NULL;
	for (size_t i = 0; i < sizeof durations / sizeof *durations && !bad; i++)
		if (lameduck_env_duration(getenv(durations[i].name), durations[i].field) < 0)
			bad = durations[i].name;
	if (!bad && lameduck_env_readiness(getenv("LAMEDUCK_READINESS"), &c.keeps_readiness) < 0)
		bad = "LAMEDUCK_READINESS";
	if (bad) {
		if (ret_variable)
			*ret_variable = bad;
		return -EINVAL;
	}
	*config = c;
	return 0;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

static bool is_time(int64_t ms)
{
	return ms >= 0 && ms <= LONGEST_MS;
}

static const char *config_complaint(struct lameduck_config *c)
{
	if (!is_time(c->grace_ms) || !is_time(c->prestop_ms) || !is_time(c->quiet_ms))
		return "grace, prestop and quiet must be 0 to 100 days";
	if (c->margin_ms == LAMEDUCK_AUTO)
		c->margin_ms = at_most(c->grace_ms / 10, MARGIN_MOST_MS);
	if (!is_time(c->margin_ms))
		return "the margin must be 0 to 100 days";
	int64_t left_ms = c->grace_ms - c->margin_ms - c->prestop_ms;
	if (left_ms < 0)
		return "the grace period does not hold what preStop takes and the margin";
	if (c->lame_duck_ms == LAMEDUCK_AUTO)
		c->lame_duck_ms = at_most(left_ms / 2, LAME_DUCK_MOST_MS);
	if (c->drain_ms == LAMEDUCK_AUTO)
		c->drain_ms = left_ms;
	if (!is_time(c->lame_duck_ms) || !is_time(c->drain_ms))
		return "lame duck and drain must be 0 to 100 days";
	if (c->lame_duck_ms > left_ms)
		return "the grace period, less what preStop takes and the margin, does not hold the lame duck";
	return NULL;
}

int lameduck_config_resolve(struct lameduck_config *config, const char **ret_why)
{
	struct lameduck_config c = *config;
	const char *why = config_complaint(&c);
	if (why) {
		if (ret_why)
			*ret_why = why;
		return -EINVAL;
	}
	*config = c;
	return 0;
}

const char *lameduck_pod_name(char *name, size_t size)
{
	static const char *const variables[] = {"POD_NAME", "HOSTNAME"};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *given = getenv(variables[i]);
		if (given && *given) {
			(void)snprintf(name, size, "%s", given);
			return name;
		}
	}
	/* gethostname() does not end a name that it had to cut. */
	if (size == 0 || gethostname(name, size) == -1)
		(void)snprintf(name, size, "localhost");
	if (size > 0)
		name[size - 1] = '\0';
	return name;
}
