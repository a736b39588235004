/* lifecycle.h - how a server comes and goes.
 *
 *               startup                TERM                  time
 *   starting ───────────▶ ready ──────────────▶ lame duck ─────────▶ draining ──nothing left──▶ stopped
 *      │                                            │                 ▲     │                      ▲
 *      └──────────────────TERM──────────────────────┼─────────────────┘     │                      │
 *                                                   └──────TERM again───────┴─TERM again, deadline─┘
 *
 * Pure: no clock, no sockets. Time and what is left to finish are passed in; out come the state, and when to ask again.
 * A stage whose time is 0 is passed over. Starting is left without a lame duck: no data plane was told to send yet.
 * Lame duck serves all that comes and asks for no more; draining takes nothing new and finishes what was accepted.
 */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

enum lifecycle_state {
	LIFECYCLE_STARTING = 0,
	LIFECYCLE_READY,
	LIFECYCLE_LAME_DUCK,
	LIFECYCLE_DRAINING,
	LIFECYCLE_STOPPED,
};

struct lifecycle_config {
	int64_t startup_ns;
	int64_t lame_duck_ns;
	int64_t drain_timeout_ns;
	bool stays_ready; /* readiness is kept after TERM, for where it would take away the last endpoint */
};

struct lifecycle {
	struct lifecycle_config config;
	enum lifecycle_state state;
	int64_t since_ns;  /* when the state was entered */
	int64_t before_ns; /* how long the state before it lasted */
	int terms;
};

#define LIFECYCLE_NEVER INT64_MAX

void lifecycle_init(struct lifecycle *l, const struct lifecycle_config *config, int64_t now_ns);
/* Takes effect with the next lifecycle_advance. */
void lifecycle_term(struct lifecycle *l);
/* At most one step; true: the state changed, act on it and call again. `left` is whatever must still end: open
 * connections, and the listener until it is closed. */
bool lifecycle_advance(struct lifecycle *l, int64_t now_ns, uint64_t left);
/* The instant at which time alone changes the state; LIFECYCLE_NEVER if it does not. */
int64_t lifecycle_next_ns(const struct lifecycle *l);

bool lifecycle_is_started(const struct lifecycle *l);
bool lifecycle_is_ready(const struct lifecycle *l);  /* what a readiness probe hears */
bool lifecycle_is_ending(const struct lifecycle *l); /* TERM came: answers ask for no more */
bool lifecycle_is_forced(const struct lifecycle *l); /* a second TERM ended it */
const char *lifecycle_state_name(enum lifecycle_state state);

#endif
