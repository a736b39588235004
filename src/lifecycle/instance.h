/* instance.h - what `struct lameduck` is made of. Private to the library.
 *
 * The machine, the listeners' phases and their clocks belong to whoever dispatches; everything else that changes is
 * atomic, and on cache lines of its own where every request writes to it. Enders that may have been the last look at
 * `state` after they have counted, and the dispatcher counts after it has written `state`, all in one order (seq_cst):
 * one of them sees the other.
 */
#ifndef LIFECYCLE_INSTANCE_H
#define LIFECYCLE_INSTANCE_H

#include "machine.h"

#include <pthread.h>
#include <stdatomic.h>

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a signal handler cannot wait for a lock");

#define CACHE_LINE 64
#define STATES (LAMEDUCK_STOPPED + 1)

/* Connections or requests: how many have begun, and how they ended. */
struct flow {
	_Alignas(CACHE_LINE) atomic_ullong begun;
	_Alignas(CACHE_LINE) atomic_ullong ended[LAMEDUCK_ENDS];
};

struct flow_base {
	atomic_ullong begun, ended[LAMEDUCK_ENDS]; /* when TERM was seen */
};

enum slot_phase {
	SLOT_FREE = 0,
	SLOT_LISTENING,
	SLOT_RETIRING,
	SLOT_TOLD, /* on_listener was called */
};

struct slot {
	enum slot_phase phase;
	uint16_t port;
	bool is_blind;     /* the kernel did not help */
	int count;         /* handshakes, at the last look, */
	int64_t looked_ns; /* in the pass of then */
	struct lameduck_listener listener;
};

struct lameduck {
	struct lameduck_config config;
	int fd; /* the timer, which is the wake-up too */
	struct lameduck_machine machine;

	atomic_int state, why, terms;
	atomic_bool is_able, has_prestop, is_pending;
	atomic_llong ending_ns; /* 0: not */
	atomic_llong end_ns;
	atomic_llong arrived_ns;
	atomic_llong entered_ns[STATES]; /* 0: never */
	struct flow connections, requests;
	struct flow_base connections_base, requests_base;

	pthread_mutex_t lock; /* of the slots; never held in a callback */
	atomic_uint listening, blind;
	struct slot slots[]; /* config.listeners */
};

/* Makes the descriptor readable. Async-signal-safe. */
void lameduck_wake(struct lameduck *l);
uint64_t lameduck_open(const struct flow *f);
/* Everything that draining waits for. */
uint64_t lameduck_count_left(const struct lameduck *l);
/* Draining: the listeners' next step, with callbacks. Returns when to come again, LAMEDUCK_NEVER if never. */
int64_t lameduck_listeners_advance(struct lameduck *l);

#endif
