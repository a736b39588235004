// SPDX-License-Identifier: Apache-2.0
#include "load_options.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/units.h"
#include "base/words.h"
#include "load/crew.h"
#include "load/message.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_NS (3600 * NS_PER_S)
#define TIMEOUT_MAX_NS (24 * HOUR_NS)
#define DURATION_MAX_NS (365 * 24 * HOUR_NS)
#define COUNT_MAX INT64_C(1000000000000)
#define RATE_MAX 1e7
#define RATE_MIN 1e-6

static struct load_options options = {
	.timeout_ns = 30 * NS_PER_S,
	.connect_timeout_ns = 5 * NS_PER_S,
	.seed = 1,
	.threads = 1,
};

static int take_rate(const char *word, void *field, struct err *err)
{
	double rate = 0;
	int rc = units_rate(word, &rate, err);
	if (rc == 0 && (rate < RATE_MIN || rate > RATE_MAX))
		rc = err_input(err, "%s is not within 0.000001 to 10M per second%s", word,
			       rate == 0 ? "; without --rate the connections go as fast as they can" : "");
	if (rc == 0)
		*(double *)field = rate;
	return rc;
}

static int take_arrivals(const char *word, void *field, struct err *err)
{
	bool is_constant = !strcmp(word, "constant");
	if (!is_constant && strcmp(word, "poisson"))
		return err_input(err, "'%s' is not a way to arrive: expected constant or poisson", word);
	*(enum load_arrivals *)field = is_constant ? LOAD_CONSTANT : LOAD_POISSON;
	return 0;
}

/* Of a name that no header can have, no answer would ever be the one. */
static int take_header_name(const char *word, void *field, struct err *err)
{
	if (!message_is_token(word, strlen(word)))
		return err_input(err, "'%s' is not the name of a header", word);
	free(*(char **)field);
	*(char **)field = memory_copy(word);
	return 0;
}

static int take_expect(const char *word, void *field, struct err *err)
{
	return expect_parse(word, field, err);
}

static int take_format(const char *word, void *field, struct err *err)
{
	if (strcmp(word, "text") && strcmp(word, "json"))
		return err_input(err, "'%s' is not a format: expected text or json", word);
	free(options.format);
	options.format = memory_copy(word);
	return 0;
}

static const struct option_spec specs[] = {
	{.kind = OPTION_HEADING, .help = "How much"},
	{.kind = OPTION_CALL,
	 .letter = 'r',
	 .name = "rate",
	 .value = "RATE",
	 .field = &options.rate,
	 .call = take_rate,
	 .help = "requests per second (200, 0.5, 30/m), at exact times whatever the server does; without it each "
		 "connection sends its next request when the last is answered"},
	{.kind = OPTION_CALL,
	 .name = "arrivals",
	 .value = "HOW",
	 .field = &options.arrivals,
	 .call = take_arrivals,
	 .standard = "constant",
	 .help = "constant: at equal distances; poisson: by chance, as users come who know nothing of each other"},
	{.kind = OPTION_NUMBER,
	 .name = "seed",
	 .value = "N",
	 .field = &options.seed,
	 .help = "of that chance: the same seed gives the same times"},
	{.kind = OPTION_NUMBER,
	 .letter = 'c',
	 .name = "connections",
	 .value = "N",
	 .field = &options.connections,
	 .low = 1,
	 .high = 1000000,
	 .help = "requests at the same time [10; with --rate no limit]"},
	{.kind = OPTION_NUMBER,
	 .letter = 't',
	 .name = "threads",
	 .value = "N",
	 .field = &options.threads,
	 .low = 1,
	 .high = CREW_MAX,
	 .help = "share requests and connections between so many threads"},
	{.kind = OPTION_NUMBER,
	 .letter = 'n',
	 .name = "requests",
	 .value = "N",
	 .field = &options.requests,
	 .low = 1,
	 .high = COUNT_MAX,
	 .help = "stop after so many"},
	{.kind = OPTION_DURATION,
	 .letter = 'd',
	 .name = "duration",
	 .value = "TIME",
	 .field = &options.duration_ns,
	 .low = 1,
	 .high = DURATION_MAX_NS,
	 .help = "stop after so long [10s, unless --requests is given]"},
	{.kind = OPTION_NUMBER,
	 .name = "max-lost",
	 .value = "N",
	 .field = &options.max_lost,
	 .low = 1,
	 .high = COUNT_MAX,
	 .help = "stop as soon as so many are lost"},
	{.kind = OPTION_HEADING, .help = "What"},
	{.kind = OPTION_TEXT,
	 .letter = 'X',
	 .name = "method",
	 .value = "METHOD",
	 .field = &options.method,
	 .help = "method [GET; with --body POST]"},
	{.kind = OPTION_TEXTS,
	 .letter = 'H',
	 .name = "header",
	 .value = "HEADER",
	 .field = &options.headers,
	 .help = "one more header, 'Name: value'; may be repeated"},
	{.kind = OPTION_TEXT,
	 .letter = 'b',
	 .name = "body",
	 .value = "TEXT",
	 .field = &options.body,
	 .help = "request body; @FILE takes it from a file, @- from standard input"},
	{.kind = OPTION_SWITCH,
	 .name = "fresh",
	 .field = &options.fresh,
	 .help = "a fresh connection for each request"},
	{.kind = OPTION_SWITCH,
	 .name = "keepalive",
	 .field = &options.keepalive,
	 .help = "kept-alive connections, the one idle longest first (the default); with --fresh too, requests "
		 "alternate"},
	{.kind = OPTION_SWITCH, .name = "http1", .field = &options.http1, .help = "HTTP/1.1 only"},
	{.kind = OPTION_SWITCH,
	 .name = "http2",
	 .field = &options.http2,
	 .help = "HTTP/2 only, without TLS with prior knowledge (h2c)"},
	{.kind = OPTION_NUMBER,
	 .name = "streams",
	 .value = "N",
	 .field = &options.streams,
	 .low = 1,
	 .high = 1000000,
	 .help = "HTTP/2: requests at the same time on one connection [1; with --rate 100]"},
	{.kind = OPTION_TEXT,
	 .name = "cacert",
	 .value = "FILE",
	 .field = &options.cacert,
	 .help = "https: certificates of the authorities to trust, in PEM form [the system's]"},
	{.kind = OPTION_SWITCH,
	 .name = "insecure",
	 .field = &options.insecure,
	 .help = "https: any certificate will do"},
	{.kind = OPTION_TEXTS,
	 .name = "resolve",
	 .value = "HOST:PORT:ADDRESS",
	 .field = &options.resolve,
	 .help = "connect to ADDRESS for URLs with HOST and PORT; may be repeated"},
	{.kind = OPTION_HEADING, .help = "What counts as lost"},
	{.kind = OPTION_DURATION,
	 .name = "timeout",
	 .value = "TIME",
	 .field = &options.timeout_ns,
	 .low = 1,
	 .high = TIMEOUT_MAX_NS,
	 .help = "from the start of a request to the last byte of its answer"},
	{.kind = OPTION_DURATION,
	 .name = "connect-timeout",
	 .value = "TIME",
	 .field = &options.connect_timeout_ns,
	 .low = 1,
	 .high = TIMEOUT_MAX_NS,
	 .help = "of that, for the connection, TLS's handshake included"},
	{.kind = OPTION_CALL,
	 .name = "expect",
	 .value = "CODES",
	 .field = &options.expect,
	 .call = take_expect,
	 .standard = "below 500",
	 .help = "statuses that are no failure: \"200,204\", \"2xx\", \"200-299\""},
	{.kind = OPTION_TEXT,
	 .name = "expect-body",
	 .value = "TEXT",
	 .field = &options.expect_body,
	 .help = "an answer without TEXT in its body is lost: content/mismatch"},
	{.kind = OPTION_CALL,
	 .name = "version-header",
	 .value = "NAME",
	 .field = &options.version_header,
	 .call = take_header_name,
	 .help = "response header that names the version; one that goes back is content/mismatch"},
	{.kind = OPTION_TEXT,
	 .name = "version-body",
	 .value = "REGEX",
	 .field = &options.version_body,
	 .help = "the same, with the version in the body's first 64 KiB: what the first group matches, or all of "
		 "REGEX"},
	{.kind = OPTION_HEADING, .help = "What is said"},
	{.kind = OPTION_CALL,
	 .letter = 'o',
	 .name = "output",
	 .value = "FORMAT",
	 .call = take_format,
	 .standard = "text",
	 .help = "text or json"},
	{.kind = OPTION_CALL, .name = "format", .value = "FORMAT", .call = take_format, .help = "the same as --output"},
	{.kind = OPTION_TEXT,
	 .name = "failures",
	 .value = "FILE",
	 .field = &options.failures,
	 .help = "one JSON line for each failure"},
	{.kind = OPTION_CALL,
	 .name = "pod-header",
	 .value = "NAME",
	 .field = &options.pod_header,
	 .call = take_header_name,
	 .standard = "X-Pod",
	 .help = "response header that names the pod"},
	{.kind = OPTION_SWITCH, .letter = 'q', .name = "quiet", .field = &options.quiet, .help = "no live line"},
	{.kind = OPTION_END},
};

static const struct options command = {
	.usage = "zerodrop load [options] URL...",
	.summary = "Sends requests on a schedule and names what became of each; never retries. Several URLs are taken "
		   "in turn.",
	.specs = specs,
	.examples = "  zerodrop load http://127.0.0.1:8080/                          as fast as 10 connections go, for "
		    "10 s\n"
		    "  zerodrop load -r 200 -d 1m --fresh --keepalive http://shop/   both kinds of connection, 200 per "
		    "second\n"
		    "  zerodrop load -n 1000 -X POST -b @order.json http://shop/cart http://shop/order\n"
		    "  zerodrop load -r 50 -o json --failures lost.jsonl http://shop/ | jq .failures\n"
		    "  zerodrop load -r 100 --version-header X-Version http://shop/  no stale answer after a new one\n",
	.hints = load_hints,
};

int load_options_parse(int argc, char **argv, const struct load_options **ret_options, char ***ret_urls,
		       struct err *err)
{
	options.pod_header = memory_copy("X-Pod");
	int rc = options_parse(&command, argc, argv, ret_urls, err);
	if (rc == 0 && options.http1 && options.http2)
		rc = err_input(err, "--http1 and --http2: one of them (see --help)");
	if (rc == 0)
		*ret_options = &options;
	return rc;
}

void load_options_finish(void)
{
	free(options.method);
	free(options.body);
	free(options.pod_header);
	free(options.format);
	free(options.failures);
	free(options.cacert);
	free(options.expect_body);
	free(options.version_header);
	free(options.version_body);
	words_free(options.resolve);
	words_free(options.headers);
}
