/* waiting.h - waits until traffic has stopped: for the silence that is evidence, or for as long as we may.
 *
 *   learning ──begin()──▶ waiting ──quiet, and nothing in flight──▶ over (quiet)
 *                            └──────── max, or told ──────────────▶ over
 *
 * Evidence is new handshakes where there are enough of them: who connects anew has not heard. Where connections are
 * kept alive and few are new, what arrives on them counts too. A client that goes on using a connection it has is never
 * waited for once no new ones come: nothing but the app can end that. Asked at the instants it names, never sleeping
 * itself. Sources that the kernel refuses only make it wait longer.
 */
#ifndef HELPER_WAITING_H
#define HELPER_WAITING_H

#include "connections.h"
#include "evidence.h"
#include "rate.h"

#define WAITING_NEVER INT64_MAX

enum waiting_end {
	WAITING_ON = 0, /* not over */
	WAITING_QUIET,
	WAITING_MAX,
	WAITING_TOLD, /* by another TERM, or because the app has gone */
};

struct waiting_config {
	int64_t min_ns, max_ns;
	struct evidence_rule rule; /* its horizon is max_ns */
	struct connections_config connections;
};

enum waiting_basis {
	WAITING_ON_NOTHING = 0,
	WAITING_ON_HANDSHAKES,
	WAITING_ON_ALL, /* handshakes, and data on the connections that are open */
};

struct waiting {
	struct waiting_config config;
	struct connections connections;
	bool has_handshakes, has_connections; /* which sources answer */
	int refused;                          /* why one does not: a positive errno */

	/* learning */
	int64_t since_ns;
	struct rate handshakes, segments;
	struct rate gone; /* connections that came and went: a pool that fills is no sign of how often new ones come */
	uint64_t gone_total;
	uint64_t own_handshakes; /* accepted by ourselves: no traffic */
	uint64_t segments_total, segments_open;

	/* waiting */
	enum waiting_end end;
	enum waiting_basis basis; /* quiet: what told */
	int64_t began_ns, ended_ns;
	int64_t find_ns, look_ns; /* when to dump, when to look at those known, next */
	int64_t looked_ns;        /* what came on connections is known until then */
	bool uses_new, uses_all;  /* there is enough of it to tell before max */
	uint64_t seen_handshakes, found_handshakes;
	struct evidence new_ones, all;
};

/* Never fails: with no source at all it waits for max. */
void waiting_init(struct waiting *w, const struct waiting_config *config);
void waiting_finish(struct waiting *w);

/* Before termination: now and then. Returns when to be asked again. */
int64_t waiting_learn(struct waiting *w, int64_t now_ns);
/* For whoever comes only at the end: the pod's totals over its age. */
void waiting_learn_from_age(struct waiting *w, int64_t age_ns, int64_t now_ns);
/* We have accepted one ourselves (a probe of our own port). */
void waiting_own_handshake(struct waiting *w);

void waiting_begin(struct waiting *w, int64_t now_ns);
/* Returns when to be asked again; WAITING_NEVER once w->end says why it is over. */
int64_t waiting_step(struct waiting *w, int64_t now_ns);
void waiting_tell(struct waiting *w, int64_t now_ns); /* over, whatever was seen */

double waiting_handshakes_per_s(const struct waiting *w);
double waiting_arrivals_per_s(const struct waiting *w); /* handshakes and data */
const char *waiting_end_name(enum waiting_end end);
const char *waiting_basis_name(enum waiting_basis basis);

#endif
