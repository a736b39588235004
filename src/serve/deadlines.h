/* deadlines.h - the instants at which something has lasted long enough: a heap, so that one timer serves thousands.
 *
 * Whoever waits embeds a `struct deadline`. Setting it later costs a store, since the heap learns of that only when the
 * old instant comes; so an idle timeout that each request moves on costs a request nothing. Milliseconds of any clock
 * that does not run backwards. Single-threaded.
 */
#ifndef SERVE_DEADLINES_H
#define SERVE_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	uint64_t at_ms; /* read only; DEADLINE_NEVER: nothing is waited for */
	void (*due)(struct deadline *d);
	size_t place; /* in the heap, from 1; 0: not in it */
};

struct deadlines {
	struct deadline_entry {
		uint64_t at_ms; /* never later than its deadline's own */
		struct deadline *deadline;
	} * heap;
	size_t count, capacity;
};

void deadlines_finish(struct deadlines *ds);
void deadline_init(struct deadline *d, void (*due)(struct deadline *d));
void deadline_set(struct deadlines *ds, struct deadline *d, uint64_t at_ms);
/* Before its memory goes. */
void deadline_remove(struct deadlines *ds, struct deadline *d);
/* Takes out one that is due, to be called or set again; NULL: none is. */
struct deadline *deadlines_take(struct deadlines *ds, uint64_t now_ms);
/* When to look again, perhaps for nothing; DEADLINE_NEVER. */
uint64_t deadlines_next(const struct deadlines *ds);

#endif
