// SPDX-License-Identifier: Apache-2.0
/* load_hints.c - options of wrk, hey, ab, h2load, vegeta and curl that have another name here, or no need. */
#include "load_options.h"

#define FRESH "connections are kept alive unless --fresh is given"
#define FROM_FILE "a body from a file is -b @FILE here"
#define REDIRECTS "redirects are never followed: a 301 is an answer"
#define SHOWN "percentiles are always shown"
#define AS_JSON "a program reads -o json and --failures FILE"

const struct option_hint load_hints[] = {
	{"-A", "give it as a header, with -H"},
	{"-C", "a cookie is a header, -H 'Cookie: ...'"},
	{"-D", FROM_FILE},
	{"-I", "the method is -X HEAD here"},
	{"-L", REDIRECTS},
	{"-R", "the rate is -r here"},
	{"-T", "the type is a header, -H 'Content-Type: ...'"},
	{"-V", "the version is said by zerodrop --version"},
	{"-a", "give it as a header, -H 'Authorization: ...'"},
	{"-e", AS_JSON},
	{"-g", AS_JSON},
	{"-i", "the method is -X HEAD here"},
	{"-k", FRESH "; --insecure takes any certificate"},
	{"-l", "answers may differ in length here"},
	{"-m", "the method is -X here"},
	{"-p", FROM_FILE},
	{"-s", "there are no scripts, and the time for an answer is --timeout"},
	{"-u", FROM_FILE ", with -X PUT"},
	{"-v", "the version is said by zerodrop --version"},
	{"-w", AS_JSON},
	{"-x", "there are no proxies: the load goes to the service itself"},
	{"-z", "the time is -d here"},
	{"-connections", "two dashes: --connections"},
	{"-cpus", "use --threads"},
	{"-disable-compression", "compression is never asked for"},
	{"-disable-keepalive", "use --fresh"},
	{"-disable-redirects", REDIRECTS},
	{"-duration", "two dashes: --duration"},
	{"-h2", "use --http2"},
	{"-host", "it is a header, -H 'Host: ...'; see also --resolve"},
	{"-rate", "two dashes: --rate"},
	{"-timeout", "two dashes: --timeout"},
	{"--concurrency", "use --connections"},
	{"--data", "use --body"},
	{"--disable-keepalive", "use --fresh"},
	{"--keep-alive", "use --keepalive, which is the default"},
	{"--latency", SHOWN},
	{"--location", REDIRECTS},
	{"--max-time", "use --timeout"},
	{"--print-latency", SHOWN},
	{"--qps", "use --rate"},
	{"--request", "use --method, or --requests for how many"},
	{"--rps", "use --rate"},
	{"--script", "there are no scripts: several URLs are taken in turn"},
	{"--vus", "use --connections"},
	{0},
};
