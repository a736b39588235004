// SPDX-License-Identifier: Apache-2.0
/* status.c - `lameduck status`: one second of watching, for people and for exec probes. */
#include "verbs.h"

#include "base/clock.h"
#include "control.h"
#include "settings.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_MS 1000

static void print_ports(const struct connections *c, const char *between)
{
	for (int i = 0; i < c->port_count; i++)
		printf("%s%u", i ? between : "", c->ports[i]);
}

static void print_text(const struct waiting *w, const char *state)
{
	const struct connections *c = &w->connections;
	printf("state          %s\nports          ", state);
	print_ports(c, " ");
	printf("\nconnections    %" PRIu64 "\nin flight      %" PRIu64 "\nnew per second %.1f\nall per second %.1f\n",
	       c->sight.open, c->sight.in_flight, waiting_handshakes_per_s(w), waiting_arrivals_per_s(w));
	if (w->refused)
		printf("refused        %s\n", strerror(w->refused));
}

static void print_json(const struct waiting *w, const char *state)
{
	const struct connections *c = &w->connections;
	printf("{\"state\":\"%s\",\"ports\":[", state);
	print_ports(c, ",");
	printf("],\"connections\":%" PRIu64 ",\"in_flight\":%" PRIu64
	       ",\"handshakes_per_s\":%.1f,\"arrivals_per_s\":%.1f,\"refused\":%s%s%s}\n",
	       c->sight.open, c->sight.in_flight, waiting_handshakes_per_s(w), waiting_arrivals_per_s(w),
	       w->refused ? "\"" : "", w->refused ? strerror(w->refused) : "null", w->refused ? "\"" : "");
}

int verb_status(int argc, char **argv)
{
	struct err err = {0};
	const struct settings *settings;
	char **arguments = NULL;
	struct control_state state = {.name = "unknown"};
	int rc = settings_parse(SETTINGS_STATUS, argc, argv, &settings, &arguments, &err);
	if (rc == 0 && arguments[0])
		rc = err_input(&err, "'%s' is one word too many (see --help)", arguments[0]);
	free(arguments);
	if (rc < 0)
		fprintf(stderr, "lameduck status: %s\n", err.text);
	if (rc != 0)
		return rc < 0 ? err_status(&err) : STATUS_OK;
	bool is_known = control_ask(&state);
	struct waiting_config config = settings_waiting(settings);
	config.connections.own_port = state.probe_port;
	struct waiting w;
	waiting_init(&w, &config);
	(void)waiting_learn(&w, clock_ns());
	(void)poll(NULL, 0, WATCH_MS);
	(void)waiting_learn(&w, clock_ns());
	(settings->is_json ? print_json : print_text)(&w, state.name);
	waiting_finish(&w);
	return is_known && strcmp(state.name, "serving") != 0 ? STATUS_LOST : STATUS_OK;
}
