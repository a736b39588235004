/* memory.h - memory for the programs: out of memory ends them (the embeddable library has rules of its own). */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t count, size_t size) __attribute__((warn_unused_result)); /* zeroed */
void *memory_resize(void *old, size_t count, size_t size) __attribute__((warn_unused_result));
char *memory_copy(const char *string) __attribute__((warn_unused_result)); /* NULL gives NULL */
char *memory_copy_n(const char *data, size_t length) __attribute__((warn_unused_result));
char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2), warn_unused_result));

void memory_free_pointer(void *pointer_to_pointer);
#define auto_free __attribute__((cleanup(memory_free_pointer)))

#endif
