/* scene.h - what the rules of diagnosis look at: the timeline and what was worked out from it once.
 *
 * A rule takes one failure and answers its cause, or CAUSE_NONE when it does not apply. Rules are pure, and each group
 * has a file: rules_stop.c (a pod on its way out), rules_start.c (one on its way in), rules_serving.c (one in between,
 * or none), suspects.c (when nobody knows which pod it was). diagnosis.c asks them in order.
 */
#ifndef RUN_SCENE_H
#define RUN_SCENE_H

#include "cause.h"
#include "levels.h"
#include "lifetime.h"
#include "timeline.h"

/* What a failure says about the pod, whoever reported it. */
enum manner {
	MANNER_CONNECT = 0, /* no connection came about */
	MANNER_CUT_SILENT,  /* connected, cut before any byte of answer */
	MANNER_CUT_ANSWER,  /* cut within the answer */
	MANNER_TIMEOUT,     /* connected, no (whole) answer in time */
	MANNER_ANSWER,      /* an answer, but a wrong one */
	MANNER_GATEWAY,     /* an ingress says that its own request to the pod failed */
	MANNER_CLIENT,
};

/* A container that ended although nobody deleted its pod. */
struct incident {
	int pod;
	int64_t from_ns, to_ns; /* failures that end in between belong to it */
	int64_t at_ns;          /* the kill, or the exit */
	bool by_liveness;       /* else by itself */
};

/* Good and bad answers of one revision's pods while they served. */
struct revision {
	int number;
	uint64_t ok, bad;
	int64_t first_failed_ns, last_failed_ns;
};

struct scene {
	const struct timeline *t;
	struct lifetimes lives;
	struct levels levels;
	bool knows_pods;
	enum manner *manners;    /* per failure */
	uint64_t *bad_answers;   /* per pod: wrong answers while it served */
	bool *has_long_in_burst; /* per failure: one that ended with it had been in flight for long */
	int64_t *
		failing_until; /* per pod: from its start on every request had failed, up to here; TIME_EVER when not */
	int64_t failing_gap_ns; /* so long without a failure means that it answered */
	struct incident *incidents;
	size_t incident_count;
	struct revision *revisions;
	int revision_count;
};

/* Nearer than this is "at the same time": a burst, a connect, a few round trips. */
#define SCENE_MOMENT_NS (50 * NS_PER_MS)
/* Events are stamped when they were seen, which may be a little late. */
#define SCENE_SLACK_NS (5 * NS_PER_MS)
/* A request sent so shortly before an instant had not arrived at it yet. */
#define SCENE_WIRE_NS NS_PER_MS

void scene_init(struct scene *s, const struct timeline *t);
void scene_finish(struct scene *s);
const struct revision *scene_revision(const struct scene *s, int pod);

/* Failure number `i`; `pod` is who is asked about (for suspects not the failure's own). */
enum cause rules_stop(const struct scene *s, size_t i, int pod);
enum cause rules_release(const struct scene *s, size_t i, int pod); /* bad-release */
enum cause rules_start(const struct scene *s, size_t i, int pod);
enum cause rules_incident(const struct scene *s, size_t i, int pod); /* liveness-kill, crashes */
enum cause rules_capacity(const struct scene *s, size_t i);
enum cause rules_idle(const struct scene *s, size_t i, int pod);
/* Also who: one that would have given this cause, or EVENT_NONE. */
enum cause rules_suspects(const struct scene *s, size_t i, int *ret_pod);
/* What the suspect would have given; CAUSE_NONE when it is none. */
enum cause suspect_cause(const struct scene *s, size_t i, int pod);
/* When the ingress that this failure went through changed its set last before it; TIME_NEVER. */
int64_t scene_ingress_changed_ns(const struct scene *s, size_t i);

bool manner_is_cut(enum manner m);
/* On a connection that had answered before. */
bool scene_is_reused(const struct scene *s, size_t i);
/* On a reused connection, cut without a byte within less than one round trip: the server had closed before the request
 * could reach it. False where the round trip is too short to tell. */
bool scene_crossed_close(const struct scene *s, size_t i);
int64_t scene_took_ns(const struct scene *s, size_t i);
/* By its plane, was the pod still sent to at the start of this failure (give or take how exactly that is known)? */
bool scene_was_listed(const struct scene *s, size_t i, int pod);
/* The pod had not answered well yet when this failure began. */
bool scene_is_starting(const struct scene *s, size_t i, int pod);
const struct incident *scene_incident(const struct scene *s, int pod, int64_t at_ns);

#endif
