/* words.h - a command line given as one text: `--run web='./server --port 8080'`. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "err.h"

#include <stddef.h>

/* A NULL-ended array, freed with words_free. Plain words with '…', "…" and \ are split here; as soon as the text asks
 * for more of a shell (variables, pipes, globs, …) the result is {"/bin/sh", "-c", text, NULL}, with "exec " in front
 * when it is one plain command, so that signals reach it. */
int words_split(const char *text, char ***ret_words, struct err *err) __attribute__((warn_unused_result));
void words_free(char **words);

/* Array helpers for NULL-ended arrays of strings that own their strings; NULL is an empty array. */
size_t words_count(char *const *words);
void words_push(char ***words, const char *word);
char **words_copy(char *const *words) __attribute__((warn_unused_result));

#endif
