/* units.h - numbers with units, as people type them: one table for every flag.
 *
 * durations  "250ms", "2s", "1m30s", "1h"; a bare number is seconds, "0" is allowed.
 * numbers    "1000", "10k", "2M"
 * ranges     "100ms-2s", or one duration for both ends
 * rates      "200", "0.5", "2k", per second; "30/m" and "90/h" per minute and hour
 * All refuse signs, blanks, trailing text and what does not fit, with a message that names the word.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

int units_duration(const char *word, int64_t *ret_ns, struct err *err) __attribute__((warn_unused_result));
int units_number(const char *word, int64_t *ret_n, struct err *err) __attribute__((warn_unused_result));
int units_rate(const char *word, double *ret_per_s, struct err *err) __attribute__((warn_unused_result));
int units_range(const char *word, int64_t *ret_low_ns, int64_t *ret_high_ns, struct err *err)
	__attribute__((warn_unused_result));

#define UNITS_SIZE 32
/* Three digits or so for people: "1.25 s", "340 ms", "12 us"; "0 s" for 0. */
const char *units_show_duration(int64_t ns, char out[UNITS_SIZE]);
/* "1,234,567" */
const char *units_show_count(uint64_t n, char out[UNITS_SIZE]);
/* As a flag takes it: "1.5s", "250ms". */
const char *units_write_duration(int64_t ns, char out[UNITS_SIZE]);

#endif
