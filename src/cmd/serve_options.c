// SPDX-License-Identifier: Apache-2.0
#include "serve_options.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/units.h"

#include <lameduck.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct choice {
	const char *word;
	int value;
};

static const struct choice startups[] = {{"refuse", SERVE_REFUSE}, {"500", SERVE_500}, {0}};
static const struct choice readiness[] = {{"fail", false}, {"keep", true}, {0}};
static const struct choice outputs[] = {{"text", false}, {"json", true}, {0}};
static const struct choice endings[] = {
	{"exit", SERVE_EXIT}, {"close", SERVE_CLOSE}, {"drain", SERVE_DRAIN}, {"linger", SERVE_LINGER}, {0},
};

static struct {
	int64_t port, probe_port, threads, workers, seed;
	double hang_rate, error_rate;
	char *address, *version, *pod, *prestop_path;
	int startup, on_term, readiness;
	bool logs_access, as_json;
	int64_t startup_delay_ns, delay_ns, lame_duck_ns, quiet_ns, drain_timeout_ns, grace_ns, margin_ns;
	int64_t max_header, max_body, max_connections;
	int64_t idle_timeout_ns, header_timeout_ns, body_timeout_ns, write_timeout_ns;
} flags = {
	.port = 8080,
	.probe_port = SERVE_NO_PORT,
	.threads = 1,
	.on_term = SERVE_DRAIN,
	.max_header = 16 * 1024,
	.max_body = 16 * 1024 * 1024,
	.idle_timeout_ns = 75 * NS_PER_S,
	.header_timeout_ns = 30 * NS_PER_S,
	.body_timeout_ns = 30 * NS_PER_S,
	.write_timeout_ns = 30 * NS_PER_S,
};

static int choose(const struct choice *choices, const char *word, int *ret_value, struct err *err)
{
	char known[128] = "";
	for (const struct choice *c = choices; c->word; c++) {
		if (!strcmp(c->word, word)) {
			*ret_value = c->value;
			return 0;
		}
		strcat(strcat(known, c == choices ? "" : c[1].word ? ", " : " or "), c->word);
	}
	return err_input(err, "'%s' is not %s", word, known);
}

static int choose_startup(const char *word, void *field, struct err *err)
{
	return choose(startups, word, field, err);
}

static int choose_ending(const char *word, void *field, struct err *err)
{
	return choose(endings, word, field, err);
}

static int choose_readiness(const char *word, void *field, struct err *err)
{
	return choose(readiness, word, field, err);
}

static int choose_port(const char *word, void *field, struct err *err)
{
	int64_t port;
	if (units_number(word, &port, NULL) < 0 || port > 65535)
		return err_input(err, "'%s' is not a port (0 to 65535)", word);
	*(int64_t *)field = port;
	return 0;
}

static int choose_output(const char *word, void *field, struct err *err)
{
	int value = 0;
	int rc = choose(outputs, word, &value, err);
	if (rc == 0)
		*(bool *)field = value;
	return rc;
}

/* "0.01", "1%". */
static int choose_rate(const char *word, void *field, struct err *err)
{
	char *end;
	double rate = strtod(word, &end);
	if (!strcmp(end, "%")) {
		rate /= 100;
		end++;
	}
	bool is_number = end != word && strspn(word, "0123456789.%") == strlen(word);
	if (!is_number || *end || rate < 0 || rate > 1)
		return err_input(err, "'%s' is not a rate from 0 to 1, or 0%% to 100%%", word);
	*(double *)field = rate;
	return 0;
}

#define HOUR (3600 * NS_PER_S)

static const struct option_spec specs[] = {
	{OPTION_HEADING, .help = "Where"},
	{OPTION_NUMBER, 'p', "port", "PORT", "port to listen on; 0 = any that is free", &flags.port, 0, 65535, NULL,
	 NULL},
	{OPTION_CALL, 0, "probe-port", "PORT", "port for probes and metrics alone; 0 = any that is free",
	 &flags.probe_port, 0, 0, choose_port, "none: they are answered on --port"},
	{OPTION_TEXT, 0, "address", "ADDRESS", "IP address to listen on", &flags.address, 0, 0, NULL, NULL},
	{OPTION_NUMBER, 't', "threads", "N", "threads that serve; each connection stays with one", &flags.threads, 1,
	 256, NULL, NULL},
	{OPTION_HEADING, .help = "What it answers"},
	{OPTION_TEXT, 0, "version-string", "TEXT", "version that each answer carries", &flags.version, 0, 0, NULL,
	 NULL},
	{OPTION_TEXT, 0, "pod", "NAME", "name that each answer carries; $HOSTNAME or the host's name if not given",
	 &flags.pod, 0, 0, NULL, NULL},
	{OPTION_DURATION, 0, "delay", "DURATION",
	 "each answer takes so long; a request may ask for its own with ?wait=SECONDS [0]", &flags.delay_ns, 0,
	 600 * NS_PER_S, NULL, NULL},
	{OPTION_NUMBER, 0, "workers", "N", "requests worked on at the same time, the rest queue; 0 = no bound [0]",
	 &flags.workers, 0, 1000000, NULL, NULL},
	{OPTION_NUMBER, 0, "concurrency", "N", "another name for --workers", &flags.workers, 0, 1000000, NULL, NULL},
	{OPTION_CALL, 0, "error-rate", "RATE", "so many of all pages are answered 500: 0.01 or 1%", &flags.error_rate,
	 0, 0, choose_rate, "0"},
	{OPTION_CALL, 0, "hang-rate", "RATE", "so many are never answered", &flags.hang_rate, 0, 0, choose_rate, "0"},
	{OPTION_NUMBER, 0, "seed", "N", "which of them: the same seed, the same ones [0]", &flags.seed, 0, INT64_MAX,
	 NULL, NULL},
	{OPTION_HEADING, .help = "What clients may cost"},
	{OPTION_NUMBER, 0, "max-connections", "N", "more are answered 503, unless it is ending; 0 = no bound [0]",
	 &flags.max_connections, 0, 10000000, NULL, NULL},
	{OPTION_NUMBER, 0, "max-header", "BYTES", "of a request's line and fields, 431 beyond", &flags.max_header, 256,
	 1 << 20, NULL, NULL},
	{OPTION_NUMBER, 0, "max-body", "BYTES", "of a request's content and its framing, 413 beyond", &flags.max_body,
	 0, INT64_C(1) << 40, NULL, NULL},
	{OPTION_DURATION, 0, "idle-timeout", "DURATION", "idle connections are closed after this; 0 = never",
	 &flags.idle_timeout_ns, 0, 24 * HOUR, NULL, NULL},
	{OPTION_DURATION, 0, "header-timeout", "DURATION", "for all of a request's head, else 408; 0 = none",
	 &flags.header_timeout_ns, 0, 24 * HOUR, NULL, NULL},
	{OPTION_DURATION, 0, "body-timeout", "DURATION", "for the next piece of its content, else 408; 0 = none",
	 &flags.body_timeout_ns, 0, 24 * HOUR, NULL, NULL},
	{OPTION_DURATION, 0, "write-timeout", "DURATION", "for the client to take a piece of an answer; 0 = none",
	 &flags.write_timeout_ns, 0, 24 * HOUR, NULL, NULL},
	{OPTION_HEADING, .help = "How it starts"},
	{OPTION_DURATION, 0, "startup-delay", "DURATION", "how long it takes to start [0]", &flags.startup_delay_ns, 0,
	 HOUR, NULL, NULL},
	{OPTION_CALL, 0, "startup", "refuse|500", "meanwhile nothing listens, or everything but probes is answered 500",
	 &flags.startup, 0, 0, choose_startup, "refuse"},
	{OPTION_HEADING, .help = "How it ends"},
	{OPTION_CALL, 0, "on-term", "MODE",
	 "on TERM or INT: exit = at once; close = the listener and idle connections at once, then finish what is in "
	 "flight; drain = lame duck, then finish all that was accepted; linger = go on unchanged for the lame duck's "
	 "time, then exit",
	 &flags.on_term, 0, 0, choose_ending, "drain"},
	{OPTION_DURATION, 0, "lame-duck", "DURATION", "how long drain and linger go on serving", &flags.lame_duck_ns, 0,
	 HOUR, NULL, NULL},
	{OPTION_DURATION, 0, "quiet", "DURATION",
	 "the lame duck ends earlier when no request came for so long, or longer where they were rare; 0 = never [0]",
	 &flags.quiet_ns, 0, HOUR, NULL, NULL},
	{OPTION_DURATION, 0, "drain-timeout", "DURATION",
	 "how long close and drain then wait for what was accepted; 0 = not at all", &flags.drain_timeout_ns, 0, HOUR,
	 NULL, NULL},
	{OPTION_DURATION, 0, "grace", "DURATION",
	 "the pod's terminationGracePeriodSeconds: everything is over a tenth of it before, at most 1s; 0 = not known "
	 "[0]",
	 &flags.grace_ns, 0, 24 * HOUR, NULL, NULL},
	{OPTION_CALL, 0, "readiness-on-term", "fail|keep", "what a readiness probe hears after TERM", &flags.readiness,
	 0, 0, choose_readiness, "fail"},
	{OPTION_TEXT, 0, "prestop-path", "PATH",
	 "path of an HTTP preStop hook, on the port for probes: begins the end, and is answered when the lame duck is "
	 "over",
	 &flags.prestop_path, 0, 0, NULL, NULL},
	{OPTION_HEADING, .help = "What it says"},
	{OPTION_SWITCH, 0, "access-log", NULL, "a line on standard output for each answer", &flags.logs_access, 0, 0,
	 NULL, NULL},
	{OPTION_CALL, 'o', "output", "FORMAT", "of the last word, what the end has cost: text or json", &flags.as_json,
	 0, 0, choose_output, "text"},
	{0},
};

static const struct options options = {
	"zerodrop serve [options]",
	"A server that comes and goes as it should, or, on request, as many do.",
	specs,
	"  zerodrop serve --port 8080                                  loses nothing when it ends\n"
	"  zerodrop serve --on-term close                              what Go's Shutdown does\n"
	"  zerodrop serve --startup 500 --startup-delay 5s             answers before it can\n"
	"  zerodrop serve --workers 4 --delay 100ms                    40 requests per second, no more\n",
	NULL,
};

/* Both names go into header fields and log lines as they are. */
static int check_text(const char *name, const char *text, char lowest, struct err *err)
{
	if (!*text || strlen(text) > 253)
		return err_input(err, "--%s: 1 to 253 characters were expected (see --help)", name);
	for (const char *p = text; *p; p++)
		if (*p < lowest || *p > '~')
			return err_input(err,
					 "--%s: '%s' has a character that cannot stand in a header field (see --help)",
					 name, text);
	return 0;
}

/* gethostname() does not end a name that it had to cut. */
static char *host_name(void)
{
	char name[HOST_NAME_MAX + 1] = "";
	const char *given = getenv("HOSTNAME");
	if (given && *given)
		return memory_copy(given);
	if (gethostname(name, HOST_NAME_MAX) == -1 || !*name)
		return memory_copy("localhost");
	return memory_copy(name);
}

static int check_prestop(struct err *err)
{
	const char *path = flags.prestop_path;
	if (!path)
		return 0;
	if (path[0] != '/' || strlen(path) > HTTP_TARGET_MAX || strpbrk(path, "?# "))
		return err_input(err, "--prestop-path: '%s' is not a path (as in /drain)", path);
	if (flags.on_term != SERVE_DRAIN)
		return err_input(err, "--prestop-path: there is a lame duck to wait for with --on-term drain only");
	return 0;
}

static struct serve_config flags_config(void)
{
	return (struct serve_config){
		.address = flags.address,
		.port = (uint16_t)flags.port,
		.probe_port = (int32_t)flags.probe_port,
		.threads = flags.threads,
		.pod = flags.pod,
		.version = flags.version,
		.startup = (enum serve_startup)flags.startup,
		.startup_delay_ns = flags.startup_delay_ns,
		.delay_ns = flags.delay_ns,
		.hang_rate = flags.hang_rate,
		.error_rate = flags.error_rate,
		.seed = (uint64_t)flags.seed,
		.workers = flags.workers,
		.as_json = flags.as_json,
		.logs_access = flags.logs_access,
		.limits =
			{
				.http = {.head_max = (uint32_t)flags.max_header,
					 .fields_max = 100,
					 .content_max = (uint64_t)flags.max_body},
				.connections = flags.max_connections,
				.idle_ns = flags.idle_timeout_ns,
				.header_ns = flags.header_timeout_ns,
				.body_ns = flags.body_timeout_ns,
				.write_ns = flags.write_timeout_ns,
			},
		.on_term = (enum serve_on_term)flags.on_term,
		.keeps_readiness = flags.readiness,
		.prestop_path = flags.prestop_path,
		.lame_duck_ns = flags.lame_duck_ns,
		.quiet_ns = flags.quiet_ns,
		.drain_timeout_ns = flags.drain_timeout_ns,
		.grace_ns = flags.grace_ns,
		.margin_ns = flags.margin_ns,
	};
}

/* The defaults, as far as the pod's own variables do not say otherwise. */
static int flags_init(struct err *err)
{
	struct lameduck_config config;
	const char *variable;
	lameduck_config_init(&config);
	config.grace_ms = 0;
	config.lame_duck_ms = 5000;
	config.drain_ms = 30000;
	if (lameduck_config_from_env(&config, &variable) < 0)
		return err_input(err, "%s: '%s' is no value for it (see lameduck(3))", variable, getenv(variable));
	if (config.grace_ms > 0 && config.prestop_ms >= config.grace_ms)
		return err_input(err, "LAMEDUCK_PRESTOP leaves nothing of LAMEDUCK_GRACE");
	flags.grace_ns = config.grace_ms > 0 ? (config.grace_ms - config.prestop_ms) * NS_PER_MS : 0;
	flags.margin_ns = config.margin_ms == LAMEDUCK_AUTO ? -1 : config.margin_ms * NS_PER_MS;
	flags.lame_duck_ns = config.lame_duck_ms * NS_PER_MS;
	flags.quiet_ns = config.quiet_ms * NS_PER_MS;
	flags.drain_timeout_ns = config.drain_ms * NS_PER_MS;
	flags.readiness = config.keeps_readiness;
	flags.address = memory_copy("0.0.0.0");
	flags.version = memory_copy("1");
	return 0;
}

int serve_options_parse(int argc, char **argv, struct serve_config *ret_config, struct err *err)
{
	char **arguments = NULL;
	int rc = flags_init(err);
	if (rc < 0)
		return rc;
	rc = options_parse(&options, argc, argv, &arguments, err);
	if (rc == 0 && arguments[0])
		rc = err_input(err, "'%s': no argument was expected (see --help)", arguments[0]);
	free(arguments);
	if (rc != 0)
		return rc;
	if (!flags.pod)
		flags.pod = host_name();
	rc = check_text("pod", flags.pod, '!', err);
	if (rc == 0)
		rc = check_text("version-string", flags.version, ' ', err);
	if (rc == 0)
		rc = check_prestop(err);
	if (rc == 0)
		*ret_config = flags_config();
	return rc;
}

void serve_options_free(void)
{
	free(flags.address);
	free(flags.version);
	free(flags.pod);
	free(flags.prestop_path);
}
