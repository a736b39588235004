/* SPDX-License-Identifier: Apache-2.0 */
/* lameduck.h - the right way for a server to stop: lose nothing that was accepted, and be done in time.
 *
 *              lameduck_ready           TERM                 time, quiet
 *   starting ────────────────▶ ready ──────────▶ lame duck ──────────────▶ draining ──nothing left──▶ stopped
 *      │                                             │                      ▲   │                        ▲
 *      └───────────────────────TERM──────────────────┼──────────────────────┘   │                        │
 *                                                    └──────────────────────────┴──deadline, TERM again──┘
 *
 * Lame duck: still taking and serving all that comes, as whoever sends it has not heard yet; every answer asks for no
 * more (`Connection: close`, GOAWAY), idle connections stay open. Draining: the listener is closed without resetting a
 * handshake, and what was accepted is finished. Stopped: whatever is still open is lost, and told as such.
 *
 * The library has no thread, no event loop and no global state, and allocates nothing after lameduck_create. It gives
 * one descriptor to poll (lameduck_fd); when that is readable, lameduck_dispatch moves the state on and calls back. A
 * process may have several instances.
 *
 * Threads: lameduck_create, lameduck_destroy and lameduck_dispatch belong to one thread at a time, and the callbacks
 * run inside lameduck_dispatch. Every other function may be called from any thread, callbacks included; lameduck_term
 * and lameduck_prestop from a signal handler too. After fork() the child shares the timer: create anew there.
 *
 * Errors: functions that can fail return 0 or a negative errno. Units are in the names; times are CLOCK_MONOTONIC.
 * Linux only. docs/lifecycle.md has the why. Sources: RFC 9112 sections 9.5 and 9.6 (closing, the race, the lingering
 * read), RFC 9113 section 6.8 (GOAWAY), Kubernetes' "Pod Lifecycle: Termination of Pods".
 */
#ifndef LAMEDUCK_H
#define LAMEDUCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lameduck;

enum lameduck_state { LAMEDUCK_STARTING = 0, LAMEDUCK_READY, LAMEDUCK_LAME, LAMEDUCK_DRAINING, LAMEDUCK_STOPPED };

/* Why the last change of state came. */
enum lameduck_why {
	LAMEDUCK_WHY_CREATED = 0,
	LAMEDUCK_WHY_READY,     /* lameduck_ready was called */
	LAMEDUCK_WHY_TERM,      /* lameduck_term was called */
	LAMEDUCK_WHY_PRESTOP,   /* lameduck_prestop was called */
	LAMEDUCK_WHY_TIME,      /* the lame duck's time was over */
	LAMEDUCK_WHY_QUIET,     /* no request came for long enough */
	LAMEDUCK_WHY_DONE,      /* nothing was left to finish */
	LAMEDUCK_WHY_DEADLINE,  /* the drain's time or the grace period's was over */
	LAMEDUCK_WHY_TERM_AGAIN /* lameduck_term was called a second time */
};

/* How a connection or a request ended. */
enum lameduck_end {
	LAMEDUCK_DONE = 0,     /* as it should: answered; closed after the last answer, or by the peer */
	LAMEDUCK_CUT_UNSPOKEN, /* connection: accepted, and closed by us before it said anything */
	LAMEDUCK_CUT_IDLE,     /* connection: closed by us between two requests, without a last answer */
	LAMEDUCK_CUT_READING,  /* connection: closed by us when a request had come in part */
	LAMEDUCK_CUT_WORKING,  /* request: not one byte of its answer was sent */
	LAMEDUCK_CUT_ANSWERING /* request: its answer was sent in part */
};
#define LAMEDUCK_ENDS 6

/* "starting", "ready", "lame-duck", "draining", "stopped"; static. */
const char *lameduck_state_name(enum lameduck_state state);
/* "created", "ready", "term", "prestop", "time", "quiet", "done", "deadline", "term-again"; static. */
const char *lameduck_why_name(enum lameduck_why why);
/* "done", "unspoken", "idle", "reading", "working", "answering"; static. */
const char *lameduck_end_name(enum lameduck_end end);

/* ---- configuration ---------------------------------------------------------------------------------------------- */

/* One change of state. `lasted_ns` is how long `from` lasted; the counts are of what was open at that moment. */
struct lameduck_change {
	enum lameduck_state from, to;
	enum lameduck_why why;
	int64_t lasted_ns;
	uint64_t connections, requests;
};

/* Called from lameduck_dispatch, once for each change, in order. Any function may be called from it but
 * lameduck_dispatch and lameduck_destroy. */
typedef void lameduck_change_cb(struct lameduck *l, const struct lameduck_change *change, void *data);
/* Called from lameduck_dispatch when no handshake can come to this listener any more: accept until there is none left
 * (EAGAIN), close it, and say so with lameduck_listener_end, now or later, on whichever thread accepts. */
typedef void lameduck_listener_cb(struct lameduck *l, int fd, void *data);

#define LAMEDUCK_AUTO (-1)

/* Start from lameduck_config_init. In parentheses: the default, and the variable that lameduck_config_from_env reads.
 */
struct lameduck_config {
	/* The pod's terminationGracePeriodSeconds. A pod has no way to see it: write it beside that field, as the
	 * variable. (30 s, Kubernetes' own default; LAMEDUCK_GRACE) */
	int64_t grace_ms;
	/* What a preStop hook takes of it before TERM comes, such as its `sleep`. (0; LAMEDUCK_PRESTOP) */
	int64_t prestop_ms;
	/* Everything is over so long before KILL comes. (AUTO: a tenth of the grace period, at most 1 s;
	 * LAMEDUCK_MARGIN) */
	int64_t margin_ms;
	/* How long the lame duck lasts at most; 0: no lame duck. Longer than the slowest data plane takes to hear of
	 * the end. (AUTO: 15 s, at most half of what grace leaves; LAMEDUCK_MAX) */
	int64_t lame_duck_ms;
	/* The lame duck ends earlier when no request came for so long, or longer where requests are rare, as known from
	 * their rate before the end; where they are too rare for evidence it has its full time. 0: never earlier. Off
	 * by default: it saves time that nobody waits for, and a data plane that brings little may still bring
	 * some. Use it to end a long lame_duck_ms. (0; LAMEDUCK_QUIET) */
	int64_t quiet_ms;
	/* How long the drain lasts at most; 0: nothing is waited for. (AUTO: as long as grace leaves;
	 * LAMEDUCK_DRAIN) */
	int64_t drain_ms;
	/* Readiness after TERM. false: fails, which tells load balancers that probe the pod themselves. true: is kept,
	 * for where failing would take away the last endpoint that kube-proxy can fall back to. (false;
	 * LAMEDUCK_READINESS=fail|keep) */
	bool keeps_readiness;
	/* Listeners held at the same time: memory is set aside for so many. (16) */
	unsigned listeners;
	lameduck_change_cb *on_change;     /* or NULL */
	lameduck_listener_cb *on_listener; /* or NULL: then lameduck_listener_begin cannot be used */
	void *data;                        /* passed on to both; never looked at */
};

void lameduck_config_init(struct lameduck_config *config);
/* Overrides fields by the LAMEDUCK_ variables that are set: durations as in 250ms, 2s, 1m30s, or a bare number of
 * seconds. Reads the environment, so call it before there are threads that change it. 0, or -EINVAL: *ret_variable
 * (may be NULL) is the name of the one that is no good, static, and `config` is untouched. */
int lameduck_config_from_env(struct lameduck_config *config, const char **ret_variable);
/* What is AUTO gets its value. 0, or -EINVAL for what cannot be: something negative, or a lame duck that the grace
 * period does not hold. *ret_why (may be NULL) says what, in a static text. */
int lameduck_config_resolve(struct lameduck_config *config, const char **ret_why);
/* The pod's name: POD_NAME (the customary name for the downward API's metadata.name), HOSTNAME, else the host's name;
 * at most size - 1 bytes, NUL-ended. Returns `name`. */
const char *lameduck_pod_name(char *name, size_t size);

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* `config` (NULL: the defaults) is copied and resolved. NULL with errno: ENOMEM, EINVAL (see lameduck_config_resolve),
 * or what timerfd_create(2) says. */
struct lameduck *lameduck_create(const struct lameduck_config *config);
/* No other call may be under way or come later: take lameduck_term out of the signal handler first. NULL is fine. */
void lameduck_destroy(struct lameduck *l);

/* To be polled for reading, in level-triggered mode, from create to destroy; the library's own, close-on-exec. It may
 * be readable without need. */
int lameduck_fd(const struct lameduck *l);
/* Does what is due and calls back; never blocks for longer than a look at the kernel's socket table. Returns the
 * state. Calling it without need does no harm. */
enum lameduck_state lameduck_dispatch(struct lameduck *l);

/* The server is able to serve: what readiness and startup probes hear from now on. Takes effect in lameduck_dispatch.
 */
void lameduck_ready(struct lameduck *l);
/* For the handler of SIGTERM (and SIGINT): async-signal-safe, leaves errno as it was. The second call ends everything
 * at once. The deadline counts from the first. */
void lameduck_term(struct lameduck *l);
/* For an HTTP preStop hook: as lameduck_term, but the TERM that follows the hook counts as the first. Answer the hook
 * when draining begins. May be called again without effect. */
void lameduck_prestop(struct lameduck *l);

/* ---- what comes and goes ---------------------------------------------------------------------------------------- */

/* A connection is about to be taken. False: it must not, and is not counted: close it. Only a stopped server says so;
 * what waits in a listener's queue while draining has been accepted by the kernel, and has to be served. */
bool lameduck_connection_begin(struct lameduck *l);
void lameduck_connection_end(struct lameduck *l, enum lameduck_end end);
/* A request has been read far enough to be worked on. Leave out probes: they go on during termination, and would look
 * like traffic. A request that is cut is told by its own end; its connection's is then LAMEDUCK_DONE. */
void lameduck_request_begin(struct lameduck *l);
void lameduck_request_end(struct lameduck *l, enum lameduck_end end);
/* A listening TCP socket, borrowed until lameduck_listener_end. When draining begins, new handshakes are held back
 * (a socket filter; no privilege), those under way are waited for, then comes on_listener: go on accepting until
 * then. -ENOSPC: more than config.listeners; -EINVAL: no on_listener; -EAFNOSUPPORT: not TCP; or what getsockname(2)
 * says. Draining does not end before lameduck_listener_end, which comes before close(2), so that the number is not
 * another socket's by then. */
int lameduck_listener_begin(struct lameduck *l, int fd);
void lameduck_listener_end(struct lameduck *l, int fd);

/* ---- questions: an atomic load or a few ------------------------------------------------------------------------- */

enum lameduck_state lameduck_get_state(const struct lameduck *l);
/* True once TERM or preStop came, even before lameduck_dispatch has seen it. */
bool lameduck_is_ending(const struct lameduck *l);
/* May a connection be accepted? In every state but stopped. */
bool lameduck_may_accept(const struct lameduck *l);
/* Must an answer that begins now say `Connection: close` (or an HTTP/2 connection GOAWAY)? */
bool lameduck_must_close(const struct lameduck *l);
/* What probes hear. Liveness never fails. */
bool lameduck_is_ready(const struct lameduck *l);
bool lameduck_is_started(const struct lameduck *l);
/* How long is there until everything is cut, in ms rounded down; -1: no end is in sight; 0: it is over. */
int64_t lameduck_left_ms(const struct lameduck *l);
/* How long ago TERM (or preStop) came; -1: it has not. */
int64_t lameduck_since_term_ns(const struct lameduck *l);

/* What the end has cost, so far or, once stopped, in all. Counts are from TERM on. */
struct lameduck_report {
	enum lameduck_state state;
	enum lameduck_why why;       /* of the last change */
	int64_t lame_ns, drain_ns;   /* how long each lasted, so far */
	uint64_t accepted;           /* connections begun */
	uint64_t served;             /* requests ended as DONE */
	uint64_t closed;             /* connections ended as DONE */
	uint64_t cut[LAMEDUCK_ENDS]; /* requests and connections by how they were cut; [LAMEDUCK_DONE] is 0 */
	uint64_t lost; /* requests among those, whole or in part: reading, working, answering, and `requests` once
			  stopped */
	uint64_t connections, requests, listeners; /* open now; at exit these are cut too */
	uint64_t blind; /* listeners that were told without the kernel's help (no socket filter, no sock_diag): some of
			   the last handshakes may have been reset */
};
void lameduck_get_report(const struct lameduck *l, struct lameduck_report *ret_report);

/* ---- the two hard moments, alone -------------------------------------------------------------------------------- */

/* Closing a listener without resetting anyone, for who does not use lameduck_listener_begin. The last close of a
 * listener resets what is in its queue and the handshakes under way. So: begin (holds back new handshakes; a client
 * that comes now tries again in a second, and is refused then); accept as usual; step until it says 0; accept until
 * EAGAIN; close. Not seen: handshakes that live in SYN cookies only, or are hidden by TCP_DEFER_ACCEPT. One thread at a
 * time. */
struct lameduck_listener {
	int fd; /* borrowed */
	int64_t since_ns, next_ns;
};
/* A negative errno: new handshakes cannot be held back; stepping works all the same, with a risk for those. */
int lameduck_listener_retire(struct lameduck_listener *r, int fd);
/* 0: no handshake is under way. Else in how many ms to ask again: a look walks the host's whole socket table. Gives up
 * waiting, with 0, after two seconds. */
int lameduck_listener_step(struct lameduck_listener *r);

/* Closing a connection after its last answer. Closing it with bytes unread sends a reset, which may overtake the answer
 * (RFC 9112 section 9.6). So: when the answer is written, begin (shuts down our side); poll for reading; step when
 * readable, and when the time of left_ms is over, until it says true; close the descriptor. Under TLS send
 * close_notify first. One thread at a time for each connection. */
struct lameduck_close {
	int fd; /* borrowed */
	int linger_ms;
	int unsent; /* bytes of ours that the peer had not acknowledged at the last look */
	int64_t due_ns;
	uint64_t late; /* bytes that came after the end: thrown away unprocessed */
};
/* `linger_ms`: how long the peer may do nothing: neither close nor read on what it is still owed. 2000 is usual. */
void lameduck_close_begin(struct lameduck_close *c, int fd, int linger_ms);
/* True: close it now. Never blocks. */
bool lameduck_close_step(struct lameduck_close *c);
/* For poll(2): when to step again although nothing came. */
int lameduck_close_left_ms(const struct lameduck_close *c);
/* A last look before closing an idle connection: false when a request lies there unread; then read it. What comes a
 * moment later is the race of RFC 9112 section 9.5, that no server can close. */
bool lameduck_close_is_idle(int fd);

#ifdef __cplusplus
}
#endif

#endif
