/* notes.h - what has to be known beside the figures: where this machine, and not the service, set the limit.
 *
 * A note changes nothing of what was lost. One of them can take the ground from under the figures: of ten requests or
 * more, more than one in ten was started over 100 ms late, and not because all connections were busy: the load was not
 * the one asked for.
 */
#ifndef LOAD_NOTES_H
#define LOAD_NOTES_H

#include "limits.h"
#include "load.h"
#include "tally.h"

#define NOTES_MAX 8

enum note_what { NOTE_LATE = 0, NOTE_CPU, NOTE_PORTS, NOTE_FILES, NOTE_CONNTRACK, NOTE_LISTEN_OVERFLOW };

struct note {
	enum note_what what;
	char *text; /* a sentence, without its full stop */
};

struct notes {
	struct note all[NOTES_MAX];
	int count;
	bool too_late; /* the figures cannot stand */
};

struct notes_facts {
	const struct load_totals *totals;
	const struct tally *tally;
	const struct limits_watch *limits;
	double rate;         /* asked for; 0: closed loop */
	int64_t connections; /* the most at the same time; 0: no limit */
	bool is_local;       /* a target is on this host, so the host's listeners concern us */
};

void notes_take(struct notes *n, const struct notes_facts *f);
void notes_finish(struct notes *n); /* a zeroed one is fine */
const char *note_name(enum note_what what);

/* The service listens on this host: a loopback address, or that of an interface. */
bool notes_is_local(const struct load_target *t);

#endif
