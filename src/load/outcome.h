/* outcome.h - what became of one request.
 *
 * A failed request is named by the phase it had reached and what happened there. The names are a contract: users, JSON
 * and tests hold on to them. The client never retries: one scheduled request is one outcome.
 */
#ifndef LOAD_OUTCOME_H
#define LOAD_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome_kind {
	OUTCOME_OK = 0,
	OUTCOME_CONNECT_REFUSED,
	OUTCOME_CONNECT_TIMEOUT,
	OUTCOME_CONNECT_RESET,
	OUTCOME_CONNECT_UNREACHABLE,
	OUTCOME_TLS_FAILED,
	OUTCOME_SEND_RESET, /* while the request was being written */
	OUTCOME_WAIT_RESET, /* sent, not one byte of response */
	OUTCOME_WAIT_CLOSED,
	OUTCOME_WAIT_TIMEOUT,
	OUTCOME_HEAD_RESET, /* inside the response's head */
	OUTCOME_HEAD_CLOSED,
	OUTCOME_HEAD_TIMEOUT,
	OUTCOME_HEAD_MALFORMED,
	OUTCOME_BODY_RESET, /* inside the response's body; closed = truncated */
	OUTCOME_BODY_CLOSED,
	OUTCOME_BODY_TIMEOUT,
	OUTCOME_BODY_MALFORMED,
	OUTCOME_STREAM_REFUSED, /* HTTP/2: the server says that it was not processed */
	OUTCOME_STREAM_RESET,
	OUTCOME_STATUS, /* an answer with a status that was not expected: "status/503" */
	OUTCOME_CONTENT_MISMATCH,
	OUTCOME_CLIENT_PORTS, /* our own limits: never blamed on the service */
	OUTCOME_CLIENT_FILES,
	OUTCOME_KINDS
};

/* What content/mismatch found. */
enum outcome_mismatch {
	OUTCOME_MISMATCH_NONE = 0,
	OUTCOME_MISMATCH_TEXT,       /* the body lacks the text */
	OUTCOME_MISMATCH_NO_VERSION, /* it says no version */
	OUTCOME_MISMATCH_BACK,       /* an older one than had answered before the request was started */
	OUTCOME_MISMATCH_VERSIONS,   /* more versions than there can be */
	OUTCOME_MISMATCHES
};

#define OUTCOME_NAME_SIZE 24
#define OUTCOME_POD_SIZE 64
#define OUTCOME_UPSTREAM_SIZE 128
#define OUTCOME_DETAIL_SIZE 96

struct outcome {
	enum outcome_kind kind;
	int status;           /* HTTP status when there was one, else 0 */
	int64_t scheduled_ns; /* when it was due; all three are CLOCK_MONOTONIC */
	int64_t started_ns;   /* when we began to connect or to send */
	int64_t ended_ns;     /* last byte of the answer, or the failure */
	uint64_t connection;  /* number of the connection, from 1 */
	uint32_t served;      /* requests answered on it before this one */
	int64_t idle_ns;      /* how long it had been idle before this one; 0 for a new connection */
	int64_t rtt_ns;       /* failures: the connection's shortest round trip (TCP_INFO); 0 unknown */
	enum outcome_mismatch mismatch;
	uint16_t version;    /* of the answer, in load_config.versions; 0 none */
	uint16_t newest;     /* OUTCOME_MISMATCH_BACK: the newer one that had answered before */
	bool fresh;          /* asked for in "fresh" mode: a connection of its own */
	uint16_t target;     /* index into load_config.targets */
	uint16_t local_port; /* 0 when there was no socket yet */
	uint16_t remote_port;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	char pod[OUTCOME_POD_SIZE]; /* pod header of this answer, else of the last answer on this connection; "" unknown
				     */
	char upstream[OUTCOME_UPSTREAM_SIZE]; /* upstream header of this answer (ingress); "" none */
	char detail[OUTCOME_DETAIL_SIZE];     /* tls/failed: why, in TLS's words; else "" */
};

static inline bool outcome_is_reused(const struct outcome *o)
{
	return o->served > 0;
}

/* "wait/reset", "status/503". */
const char *outcome_name(enum outcome_kind kind, int status, char out[OUTCOME_NAME_SIZE]);
/* The inverse, for records. False when it is no such name. */
bool outcome_parse(const char *name, enum outcome_kind *ret_kind, int *ret_status);
/* "text", "no-version", "version-back", "too-many-versions"; "" when there is none. */
const char *outcome_mismatch_name(enum outcome_mismatch mismatch);
/* client/…: our own limit. */
bool outcome_is_client_side(enum outcome_kind kind);

#endif
