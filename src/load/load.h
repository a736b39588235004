/* load.h - sends requests and says what became of each; knows nothing of pods.
 *
 * Open loop (rate > 0): requests start on a schedule whatever the server does, and latency counts from the scheduled
 * start. Closed loop (rate 0): `connections` connections each send their next request when the last is answered.
 * A load that is late by more than the server is slow, with 128 requests in flight, opens no more connections until one
 * of these is answered or it has caught up: it would only become later. Its lateness says so.
 * Modes: fresh = a new connection per request; keep-alive = a pool of connections, the one idle longest is taken first.
 * With both, requests alternate. An HTTP/2 connection carries up to `streams` requests at the same time (never more
 * than the server takes); `connections` of them are kept to each address, and requests go to each in turn. Targets (and
 * paths) are taken in turn, each mode on its own turn. Single-threaded: everything happens on the loop's thread. The
 * client never retries.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "base/err.h"
#include "base/histogram.h"
#include "outcome.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#define LOAD_TARGETS_MAX 64

struct tls_context;
struct versions;

enum load_arrivals {
	LOAD_CONSTANT = 0,
	LOAD_POISSON, /* of many users who know nothing of each other: gaps by chance, from the seed */
};

enum load_protocol {
	LOAD_AUTO = 0, /* HTTP/1.1; under TLS, which of the two the server wants of those that were offered (ALPN) */
	LOAD_HTTP1,
	LOAD_HTTP2, /* without TLS: with prior knowledge */
};

struct load_target {
	struct sockaddr_storage address;
	socklen_t address_length;
	char device[IFNAMSIZ];   /* SO_BINDTODEVICE: by which interface it leaves; "" any */
	char name[32];           /* "node-1", "ingress"; for people */
	const char *host_header; /* NULL: load_config.host_header */
	const char *path;        /* NULL: load_config.paths in turn */
	const char *tls_host;    /* speak TLS, with a server of that name or address; NULL: without TLS */
};

struct load_config {
	struct load_target targets[LOAD_TARGETS_MAX];
	int target_count;
	const char *host_header;    /* "shop.example:8080" */
	const char *method;         /* "GET" */
	const char *const *paths;   /* NULL-ended, taken in turn; never empty, unless every target has its own */
	const char *const *headers; /* NULL-ended "Name: value" lines, or NULL */
	const char *body;           /* NULL: none */
	size_t body_length;
	double rate; /* requests per second, all modes together; 0 = closed loop */
	enum load_arrivals arrivals;
	uint64_t seed;
	int share, shares;     /* this load has requests share, share + shares, … of the whole; shares 0 or 1: all */
	bool fresh, keepalive; /* at least one */
	/* Closed loop: how many. Open loop: most requests at the same time (times `streams` with HTTP/2), 0 = no limit;
	 * more wait, and are late (what still waits one timeout after the end is not sent). */
	int64_t connections;
	enum load_protocol protocol;
	int64_t streams;             /* requests at the same time on an HTTP/2 connection; 0: 1, in an open loop 100 */
	int64_t requests;            /* stop after so many; 0 = no end */
	int64_t duration_ns;         /* stop scheduling after; 0 = until load_stop */
	int64_t timeout_ns;          /* from start to last byte */
	int64_t connect_timeout_ns;  /* of that, for TCP's and TLS's handshakes */
	struct tls_context *tls;     /* a client's; needed when a target has a tls_host */
	const char *pod_header;      /* response header that names the pod, or NULL */
	const char *upstream_header; /* response header that names the ingress' upstream, or NULL */
	/* An answer counts as OK when its status is expected. NULL: below 500. */
	bool (*expects)(int status, void *data);
	void *expects_data;
	/* What an expected answer has to say beside; see content.h. */
	const char *expect_body;    /* this text in its body; NULL: any body will do */
	const char *version_header; /* this header names its version, or NULL */
	const char *version_body;   /* this POSIX extended expression finds it in the body, or NULL */
	struct versions *versions;  /* where they are remembered: needed with either; loads may share it */
};

struct load_totals {
	uint64_t scheduled, ok, failed, not_sent; /* scheduled = ok + failed + not_sent once done */
	uint64_t connections_opened;              /* handshakes completed, TLS's included */
	uint64_t crowded;                         /* due when there was no room for them: they had to wait */
	uint64_t connections_reused;              /* requests sent on one that had carried another before */
	uint64_t connections_closed_idle;         /* by the peer, seen before a request was sent on it: not a failure */
	uint64_t unsolicited;                     /* connections on which bytes came that nobody had asked for */
	int64_t started_wall_ns, started_ns, ended_ns;
	int64_t last_started_ns;   /* when the last request started */
	struct histogram latency;  /* scheduled start to last byte, OK answers */
	struct histogram lateness; /* scheduled start to real start */
};

struct load_sink {
	void (*outcome)(const struct outcome *o, void *data);       /* once for every request that was sent or failed */
	void (*done)(const struct load_totals *totals, void *data); /* once; nothing follows */
	void *data;
};

/* scheduled = ok + failed + not_sent: true once done, or a request is missing and no figure can be believed. */
bool load_totals_add_up(const struct load_totals *t);
/* Of two loads that ran at the same time; into a zeroed one first. */
void load_totals_merge(struct load_totals *into, const struct load_totals *from);

struct load;
/* Outcomes and `done` always come from the loop, never from inside one of these calls.
 * Borrows what `config` points at until load_destroy. */
struct load *load_create(uv_loop_t *loop, const struct load_config *config, const struct load_sink *sink,
			 struct err *err);
void load_start(struct load *l);
/* Its first request is due then; shares of one load start at the same instant. */
void load_start_at(struct load *l, int64_t at_ns);
/* uv_run(loop, UV_RUN_DEFAULT), but the loop is asked by the load's sockets rather than the other way round: cheaper
 * for them, by some 2 % of a request. The load is to be destroyed afterwards. */
void load_run(struct load *l);
/* No new requests; those in flight go on to their end or timeout, then `done`. Safe to call twice. */
void load_stop(struct load *l);
/* Ends at once: what is in flight is counted as not_sent when nothing was written yet, else as its phase's timeout;
 * then `done`. */
void load_abort(struct load *l);
const struct load_totals *load_totals(const struct load *l); /* so far; borrowed */
/* After done, also from inside it (earlier, it cuts everything without a word); the memory goes once the loop has
 * closed the handles. NULL is fine. */
void load_destroy(struct load *l);

#endif
