// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As long as the sleep that it takes the place of. */
#define MAX_NS (15 * NS_PER_S)
/* Before the end of the grace period: for our own report, and the app's processes to go. */
#define MARGIN_NS (500 * NS_PER_MS)
#define TIME_MAX_NS (24 * 3600 * NS_PER_S)

static struct settings settings = {
	.grace_ns = 30 * NS_PER_S,
	.quiet_ns = 2 * NS_PER_S,
	.risk = 0.001,
	.probes_per_s = 1,
	.triggers = {[SIGTERM] = true, [SIGQUIT] = true},
};

static int take_port(const char *word, void *field, struct err *err)
{
	struct connections_config *c = field;
	int64_t port;
	if (units_number(word, &port, NULL) < 0 || port < 1 || port > 65535)
		return err_input(err, "'%s' is not a port: expected 1 to 65535", word);
	if (c->port_count == CONNECTIONS_PORTS_MAX)
		return err_input(err, "more than %d ports", CONNECTIONS_PORTS_MAX);
	c->ports[c->port_count++] = (uint16_t)port;
	return 0;
}

static int take_peer(const char *word, void *field, struct err *err)
{
	struct connections_config *c = field;
	struct connections_peer peer = {.family = AF_INET};
	if (inet_pton(AF_INET, word, peer.address) != 1) {
		peer.family = AF_INET6;
		if (inet_pton(AF_INET6, word, peer.address) != 1)
			return err_input(err, "'%s' is not an IP address", word);
	}
	if (c->ignored_count == CONNECTIONS_PEERS_MAX)
		return err_input(err, "more than %d peers to ignore", CONNECTIONS_PEERS_MAX);
	c->ignored[c->ignored_count++] = peer;
	return 0;
}

static int take_signal(const char *word, void *field, struct err *err)
{
	return signals_map_parse(field, word, err);
}

static int take_trigger(const char *word, void *field, struct err *err)
{
	int number;
	int rc = signals_parse(word, &number, err);
	if (rc == 0)
		((bool *)field)[number] = true;
	return rc;
}

static int take_fraction(const char *word, void *field, struct err *err)
{
	char *end;
	double value = strtod(word, &end);
	if (end == word || *end || !(value > 0) || value >= 1)
		return err_input(err, "'%s': expected a chance between 0 and 1, such as 0.001", word);
	*(double *)field = value;
	return 0;
}

static int take_rate(const char *word, void *field, struct err *err)
{
	char *end;
	double value = strtod(word, &end);
	if (end == word || *end || !(value >= 0) || value > 1000)
		return err_input(err, "'%s': expected probes per second, such as 1 or 0.1", word);
	*(double *)field = value;
	return 0;
}

/* "127.0.0.1:8125", "[::1]:8125": an address, since a name would need a resolver. */
static int take_statsd(const char *word, void *field, struct err *err)
{
	struct settings *s = field;
	char host[64];
	const char *colon = strrchr(word, ':');
	int64_t port;
	if (!colon || units_number(colon + 1, &port, NULL) < 0 || port < 1 || port > 65535)
		return err_input(err, "'%s': expected ADDRESS:PORT", word);
	bool has_brackets = word[0] == '[' && colon > word + 1 && colon[-1] == ']';
	snprintf(host, sizeof host, "%.*s", (int)(colon - word - 2 * has_brackets), word + has_brackets);
	struct sockaddr_in *v4 = (struct sockaddr_in *)&s->statsd;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s->statsd;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		s->statsd_length = sizeof *v4;
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		s->statsd_length = sizeof *v6;
	} else {
		return err_input(err, "'%s': expected an IP address and a port", word);
	}
	return 0;
}

static int take_format(const char *word, void *field, struct err *err)
{
	if (strcmp(word, "text") && strcmp(word, "json"))
		return err_input(err, "'%s' is not a format: expected text or json", word);
	*(bool *)field = !strcmp(word, "json");
	return 0;
}

#define HOW_LONG                                                                                                       \
	{.kind = OPTION_HEADING, .help = "How long"},                                                                  \
		{.kind = OPTION_DURATION,                                                                              \
		 .name = "grace",                                                                                      \
		 .value = "TIME",                                                                                      \
		 .field = &settings.grace_ns,                                                                          \
		 .low = NS_PER_S,                                                                                      \
		 .high = TIME_MAX_NS,                                                                                  \
		 .help = "the pod's terminationGracePeriodSeconds; its end is the end of everything"},                 \
		{.kind = OPTION_DURATION,                                                                              \
		 .name = "max",                                                                                        \
		 .value = "TIME",                                                                                      \
		 .field = &settings.max_ns,                                                                            \
		 .high = TIME_MAX_NS,                                                                                  \
		 .help = "wait no longer, and so long when traffic is too rare to tell [15s, at most half of the "     \
			 "grace period]"},                                                                             \
		{.kind = OPTION_DURATION,                                                                              \
		 .name = "min",                                                                                        \
		 .value = "TIME",                                                                                      \
		 .field = &settings.min_ns,                                                                            \
		 .high = TIME_MAX_NS,                                                                                  \
		 .help = "wait at least so long"},                                                                     \
		{.kind = OPTION_DURATION,                                                                              \
		 .name = "quiet",                                                                                      \
		 .value = "TIME",                                                                                      \
		 .field = &settings.quiet_ns,                                                                          \
		 .low = 1,                                                                                             \
		 .high = TIME_MAX_NS,                                                                                  \
		 .help = "the shortest silence that means anything"},                                                  \
	{                                                                                                              \
		.kind = OPTION_CALL, .name = "risk", .value = "P", .field = &settings.risk, .call = take_fraction,     \
		.standard = "0.001", .help = "chance of taking a gap in the traffic for its end"                       \
	}

#define WHAT_COUNTS                                                                                                    \
	{.kind = OPTION_HEADING, .help = "What counts as traffic"},                                                    \
		{.kind = OPTION_CALL,                                                                                  \
		 .letter = 'p',                                                                                        \
		 .name = "port",                                                                                       \
		 .value = "PORT",                                                                                      \
		 .field = &settings.connections,                                                                       \
		 .call = take_port,                                                                                    \
		 .standard = "what the app listens on",                                                                \
		 .help = "the app's port; may be repeated"},                                                           \
		{.kind = OPTION_CALL,                                                                                  \
		 .name = "ignore-peer",                                                                                \
		 .value = "ADDRESS",                                                                                   \
		 .field = &settings.connections,                                                                       \
		 .call = take_peer,                                                                                    \
		 .help = "whose connections are no traffic; may be repeated"},                                         \
	{                                                                                                              \
		.kind = OPTION_CALL, .name = "probes", .value = "N", .field = &settings.probes_per_s,                  \
		.call = take_rate, .standard = "1",                                                                    \
		.help = "how many probes per second come on new connections to the end"                                \
	}

#define WHERE_SAID                                                                                                     \
	{.kind = OPTION_HEADING, .help = "Where it is said"},                                                          \
		{.kind = OPTION_TEXT,                                                                                  \
		 .name = "log",                                                                                        \
		 .value = "FILE",                                                                                      \
		 .field = &settings.log,                                                                               \
		 .help = "termination message file [/dev/termination-log where there is one]"},                        \
	{                                                                                                              \
		.kind = OPTION_CALL, .name = "statsd", .value = "ADDRESS:PORT", .field = &settings,                    \
		.call = take_statsd, .help = "where to send the figures of the end"                                    \
	}

static const struct option_spec run_specs[] = {
	{.kind = OPTION_COMMAND},
	HOW_LONG,
	WHAT_COUNTS,
	{.kind = OPTION_HEADING, .help = "Readiness, for an app without a probe of its own"},
	{.kind = OPTION_NUMBER,
	 .name = "probe-port",
	 .value = "PORT",
	 .field = &settings.probe_port,
	 .high = 65535,
	 .help = "answer /readyz and /livez here: not ready from TERM on, and until the app is"},
	{.kind = OPTION_TEXT,
	 .name = "ready-file",
	 .value = "FILE",
	 .field = &settings.ready_file,
	 .help = "the app is ready once this file is there"},
	{.kind = OPTION_NUMBER,
	 .name = "ready-port",
	 .value = "PORT",
	 .field = &settings.ready_port,
	 .high = 65535,
	 .help = "the app is ready once it listens on this port"},
	{.kind = OPTION_HEADING, .help = "Signals"},
	{.kind = OPTION_CALL,
	 .letter = 's',
	 .name = "signal",
	 .value = "[FROM:]TO",
	 .field = &settings.map,
	 .call = take_signal,
	 .help = "send the app TO instead of FROM (TERM when left out), 0 for none; may be repeated"},
	{.kind = OPTION_CALL,
	 .name = "on",
	 .value = "SIGNAL",
	 .field = settings.triggers,
	 .call = take_trigger,
	 .standard = "TERM and QUIT",
	 .help = "one more signal that begins the end (an image's STOPSIGNAL)"},
	{.kind = OPTION_SWITCH,
	 .letter = 'g',
	 .name = "group",
	 .field = &settings.to_group,
	 .help = "signals go to the app's whole process group"},
	WHERE_SAID,
	{.kind = OPTION_END},
};

static const struct option_spec prestop_specs[] = {HOW_LONG, WHAT_COUNTS, WHERE_SAID, {.kind = OPTION_END}};

static const struct option_spec status_specs[] = {
	WHAT_COUNTS,
	{.kind = OPTION_HEADING, .help = "How it is said"},
	{.kind = OPTION_CALL,
	 .letter = 'o',
	 .name = "output",
	 .value = "FORMAT",
	 .field = &settings.is_json,
	 .call = take_format,
	 .standard = "text",
	 .help = "text or json"},
	{.kind = OPTION_END},
};

static const struct options commands[] = {
	[SETTINGS_RUN] =
		{
			.usage = "lameduck run [options] -- APP [ARGUMENT...]",
			.summary = "Runs APP as a container's first process; on TERM waits until traffic has stopped, "
				   "then tells APP to stop.",
			.specs = run_specs,
			.examples = "  lameduck run -- ./app --port 8080\n"
				    "  lameduck run --grace 60s --max 30s --signal QUIT -- nginx -g 'daemon off;'\n"
				    "  lameduck run --probe-port 8086 --ready-port 8080 -- python3 app.py\n",
		},
	[SETTINGS_PRESTOP] =
		{
			.usage = "lameduck prestop [options]",
			.summary = "A container's preStop hook: returns when traffic has stopped.",
			.specs = prestop_specs,
			.examples = "  lameduck prestop --max 20s\n",
		},
	[SETTINGS_STATUS] =
		{
			.usage = "lameduck status [options]",
			.summary = "Says what is to be seen of the traffic now; status 1 from TERM on.",
			.specs = status_specs,
			.examples = "  lameduck status -o json\n",
		},
};

static int settings_check(struct settings *s, struct err *err)
{
	int64_t deadline = settings_deadline_ns(s);
	if (!s->max_ns)
		s->max_ns = s->grace_ns / 2 < MAX_NS ? s->grace_ns / 2 : MAX_NS;
	if (s->max_ns >= deadline)
		return err_input(err, "--max does not leave the app any time before the grace period ends (--grace)");
	if (s->min_ns > s->max_ns)
		return err_input(err, "--min is longer than --max");
	s->connections.own_port = (uint16_t)s->probe_port;
	if (!s->probe_port && (s->ready_file || s->ready_port))
		return err_input(err, "--ready-file and --ready-port are answered on a port: give --probe-port");
	return 0;
}

int settings_parse(enum settings_verb verb, int argc, char **argv, const struct settings **ret_settings,
		   char ***ret_arguments, struct err *err)
{
	int rc = options_parse(&commands[verb], argc, argv, ret_arguments, err);
	if (rc != 0)
		return rc;
	rc = settings_check(&settings, err);
	*ret_settings = &settings;
	return rc;
}

struct waiting_config settings_waiting(const struct settings *s)
{
	return (struct waiting_config){
		.min_ns = s->min_ns,
		.max_ns = s->max_ns,
		.rule = {.min_quiet_ns = s->quiet_ns, .risk = s->risk, .strays_per_s = s->probes_per_s},
		.connections = s->connections,
	};
}

int64_t settings_deadline_ns(const struct settings *s)
{
	return s->grace_ns - MARGIN_NS;
}
