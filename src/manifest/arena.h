/* arena.h - the memory of one manifest: taken piece by piece, given back all at once by arena_destroy.
 *
 * Documents' nodes, the objects made of them and every string live here, so nothing in this room frees anything else.
 */
#ifndef MANIFEST_ARENA_H
#define MANIFEST_ARENA_H

#include <stddef.h>

struct manifest_memory *arena_create(void);
void arena_destroy(struct manifest_memory *a); /* NULL is fine */

void *arena_new(struct manifest_memory *a, size_t count, size_t size) __attribute__((warn_unused_result)); /* zeroed */
/* `data` as a string; a NUL inside would end it early, so callers refuse those first. */
const char *arena_text(struct manifest_memory *a, const char *data, size_t length);
char *arena_printf(struct manifest_memory *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An array that holds `count` items and has room for one more, zeroed: `old` itself, or a larger copy. */
void *arena_grow(struct manifest_memory *a, void *old, size_t count, size_t size) __attribute__((warn_unused_result));

#endif
