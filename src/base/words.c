// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include "memory.h"
#include "text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

size_t words_count(char *const *words)
{
	size_t n = 0;
	while (words && words[n])
		n++;
	return n;
}

void words_push(char ***words, const char *word)
{
	size_t n = words_count(*words);
	*words = memory_resize(*words, n + 2, sizeof **words);
	(*words)[n] = memory_copy(word);
	(*words)[n + 1] = NULL;
}

char **words_copy(char *const *words)
{
	char **copy = memory_new(words_count(words) + 1, sizeof *copy);
	for (size_t i = 0; words && words[i]; i++)
		copy[i] = memory_copy(words[i]);
	return copy;
}

void words_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static bool words_need_shell(const char *text)
{
	bool single = false, twice = false;
	for (const char *p = text; *p; p++) {
		if (*p == '\\' && !single && p[1])
			p++;
		else if (*p == '\'' && !twice)
			single = !single;
		else if (*p == '"' && !single)
			twice = !twice;
		else if (!single && strchr("$`", *p))
			return true;
		else if (!single && !twice && strchr("|&;<>()*?[]{}~#!\n", *p))
			return true;
	}
	return false;
}

/* A shell that starts one plain command can become it: it would otherwise stay in front of it and keep signals to
 * itself, as PID 1 without a handler for them. */
static bool words_one_command(const char *text)
{
	size_t first = strcspn(text, " \t");
	return !strpbrk(text, ";&|\n") && !memchr(text, '=', first) && strncmp(text, "exec ", 5);
}

/* One word from *p on; false when a quote is not closed. */
static bool words_one(const char **p, struct text *word)
{
	char quote = 0;
	for (; **p; (*p)++) {
		char c = **p;
		if (quote && c == quote) {
			quote = 0;
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && (*p)[1]) {
			(*p)++;
			text_append(word, *p, 1);
		} else if (!quote && strchr(" \t", c)) {
			break;
		} else {
			text_append(word, &c, 1);
		}
	}
	return !quote;
}

int words_split(const char *text, char ***ret_words, struct err *err)
{
	const char *p = text + strspn(text, " \t");
	if (!*p)
		return err_input(err, "the command is empty");
	char **words = NULL;
	if (words_need_shell(text)) {
		words_push(&words, "/bin/sh");
		words_push(&words, "-c");
		auto_text line = TEXT_INIT(128 * 1024);
		text_printf(&line, "%s%s", words_one_command(p) ? "exec " : "", p);
		words_push(&words, text_str(&line));
		*ret_words = words;
		return 0;
	}
	while (*p) {
		auto_text word = TEXT_INIT(128 * 1024);
		if (!words_one(&p, &word)) {
			words_free(words);
			return err_input(err, "'%s' has a quote that is not closed", text);
		}
		words_push(&words, text_str(&word));
		p += strspn(p, " \t");
	}
	*ret_words = words;
	return 0;
}
