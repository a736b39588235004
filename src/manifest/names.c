// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 64 /* longer words are not compared */

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_label_n(const char *text, size_t n)
{
	if (!n || n > 63 || !is_lower(text[0]) || !is_lower(text[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_lower(text[i]) && text[i] != '-')
			return false;
	return true;
}

static bool is_label(const char *text)
{
	return is_label_n(text, strlen(text));
}

/* Unlike a label, a part of a subdomain may have more than 63 characters: the API server checks only the whole. */
static bool is_subdomain(const char *text)
{
	size_t length = strlen(text);
	if (!length || length > 253)
		return false;
	for (const char *p = text; *p; p++) {
		bool is_edge = p == text || p[-1] == '.' || !p[1] || p[1] == '.';
		if (!is_lower(*p) && (is_edge || (*p != '-' && *p != '.')))
			return false;
	}
	return true;
}

static bool is_service(const char *text)
{
	return is_label(text) && isalpha((unsigned char)*text);
}

static bool is_port(const char *text)
{
	return is_label(text) && strlen(text) <= 15 && !strstr(text, "--") &&
	       strpbrk(text, "abcdefghijklmnopqrstuvwxyz");
}

static bool is_host(const char *text)
{
	return is_subdomain(strncmp(text, "*.", 2) ? text : text + 2);
}

static bool is_env(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e || *p == '=')
			return false;
	return *text;
}

/* Letters, digits, '-', '_' and '.', the first and last a letter or digit, at most 63. */
static bool is_qualified(const char *text)
{
	size_t n = strlen(text);
	if (!n || n > 63 || !is_alnum(text[0]) || !is_alnum(text[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(text[i]) && !strchr("-_.", text[i]))
			return false;
	return true;
}

static bool is_key(const char *text)
{
	const char *slash = strchr(text, '/');
	if (!slash)
		return is_qualified(text);
	char prefix[254];
	size_t n = (size_t)(slash - text);
	if (n >= sizeof prefix)
		return false;
	memcpy(prefix, text, n);
	prefix[n] = '\0';
	return is_subdomain(prefix) && is_qualified(slash + 1);
}

static bool is_label_value(const char *text)
{
	return !*text || is_qualified(text);
}

static bool is_header(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!is_alnum(*p) && *p != '-')
			return false;
	return *text;
}

static bool is_path(const char *text)
{
	return *text == '/';
}

const struct form form_label = {is_label, "a name of at most 63 lower-case letters, digits and '-'"};
const struct form form_subdomain = {is_subdomain, "a name of lower-case letters, digits, '-' and '.'"};
const struct form form_service = {is_service, "a name of lower-case letters, digits and '-' that begins with a letter"};
const struct form form_port = {is_port, "a port's name (at most 15 lower-case letters, digits and '-')"};
const struct form form_host = {is_host, "a host name"};
const struct form form_env = {is_env, "a variable's name"};
const struct form form_key = {is_key, "a key of letters, digits, '-', '_' and '.', with or without a prefix/"};
const struct form form_label_value = {is_label_value, "at most 63 letters, digits, '-', '_' and '.'"};
const struct form form_header = {is_header, "a header's name"};
const struct form form_path = {is_path, "a path that begins with /"};

size_t names_distance(const char *from, const char *to, size_t limit)
{
	size_t rows = strlen(from), columns = strlen(to);
	size_t gap = rows > columns ? rows - columns : columns - rows;
	if (gap > limit || rows > NAME_MAX_LENGTH || columns > NAME_MAX_LENGTH)
		return limit + 1;
	size_t row[NAME_MAX_LENGTH + 1];
	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 1; i <= rows; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			size_t change = diagonal + (from[i - 1] != to[j - 1]);
			diagonal = row[j];
			size_t gone = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = change < gone ? change : gone;
		}
	}
	return row[columns] > limit ? limit + 1 : row[columns];
}
