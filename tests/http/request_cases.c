// SPDX-License-Identifier: Apache-2.0
/* Cases in files, a few lines each: bytes in, events out.
 *
 *	# what it shows
 *	! content 1000               a limit of its own: head, fields or content
 *	> GET / HTTP/1.1\r\n         bytes; \{x*100} is a hundred x
 *	< GET / kept                 an event each
 *
 * An empty line ends a case. Each is fed whole, byte by byte and cut at random, and each time the same must come out.
 */
#include "../unit.h"
#include "request_story.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>

struct request_case {
	char title[200];
	struct http_limits limits;
	struct text bytes, wanted;
};

static char unescape_one(const char **at)
{
	static const char letters[] = "rnt0\\", values[] = "\r\n\t\0\\";
	char c = *(*at)++;
	const char *letter = strchr(letters, c);
	if (c == 'x') {
		char digits[3] = {(*at)[0], (*at)[1], '\0'};
		*at += 2;
		return (char)strtol(digits, NULL, 16);
	}
	if (!c || !letter)
		fail_msg("no such escape: \\%c", c);
	return values[letter - letters];
}

/* Returns behind the closing brace. */
static const char *unescape_repeated(struct text *out, const char *at)
{
	const char *star = strchr(at, '*');
	auto_text part = TEXT_INIT(1000);
	while (at < star)
		if (*at == '\\' && at++)
			text_append(&part, (char[]){unescape_one(&at)}, 1);
		else
			text_append(&part, at++, 1);
	char *end;
	for (long n = strtol(star + 1, &end, 10); n > 0; n--)
		text_append(out, part.data, part.length);
	assert_int_equal(*end, '}');
	return end + 1;
}

static void unescape(struct text *out, const char *at)
{
	while (*at)
		if (*at != '\\')
			text_append(out, at++, 1);
		else if (at[1] == '{')
			at = unescape_repeated(out, at + 2);
		else if (at++)
			text_append(out, (char[]){unescape_one(&at)}, 1);
}

static void set_limit(struct http_limits *limits, const char *word)
{
	unsigned value;
	if (sscanf(word, "head %u", &value) == 1)
		limits->head_max = value;
	else if (sscanf(word, "fields %u", &value) == 1)
		limits->fields_max = value;
	else if (sscanf(word, "content %u", &value) == 1)
		limits->content_max = value;
	else
		fail_msg("no such limit: %s", word);
}

static void check_cut(const struct request_case *c, size_t low, size_t high, uint64_t seed)
{
	auto_text story = TEXT_INIT(1 << 16);
	story_feed(&story, &c->limits, c->bytes.data, c->bytes.length, low, high, seed);
	if (strcmp(text_str(&story), text_str(&c->wanted)) != 0)
		fail_msg("%s, in pieces of %zu to %zu: wanted\n%sbut there was\n%s", c->title, low, high,
			 text_str(&c->wanted), text_str(&story));
}

static void case_run(struct request_case *c)
{
	assert_true(c->bytes.length > 0);
	check_cut(c, c->bytes.length, c->bytes.length, 0);
	check_cut(c, 1, 1, 0);
	for (uint64_t seed = 0; seed < 20; seed++)
		check_cut(c, 1, 40, seed);
	check_cut(c, 1, 5000, 1);
	text_reset(&c->bytes);
	text_reset(&c->wanted);
	c->title[0] = '\0';
	c->limits = (struct http_limits)HTTP_LIMITS_DEFAULT;
}

/* 1 when a case has ended with it. */
static int case_take_line(struct request_case *c, const char *line)
{
	if (*line && line[1] != ' ')
		fail_msg("a mark and a blank were expected: %s", line);
	switch (*line) {
	case '#':
		snprintf(c->title, sizeof c->title, "%s", line + 2);
		return 0;
	case '!':
		set_limit(&c->limits, line + 2);
		return 0;
	case '>':
		unescape(&c->bytes, line + 2);
		return 0;
	case '<':
		unescape(&c->wanted, line + 2);
		text_add(&c->wanted, "\n");
		return 0;
	case '\0':
		if (!c->title[0])
			return 0;
		case_run(c);
		return 1;
	default:
		fail_msg("neither #, !, > nor <: %s", line);
		return 0;
	}
}

static void run_file(const char *path)
{
	auto_text text = TEXT_INIT(1 << 20);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(text_read_fd(&text, fd), 0);
	struct request_case c = {
		.limits = HTTP_LIMITS_DEFAULT, .bytes = TEXT_INIT(32 << 20), .wanted = TEXT_INIT(1 << 16)};
	int count = 0;
	for (char *line = text.data, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		count += case_take_line(&c, line);
	}
	assert_true(count > 0);
	assert_int_equal(c.bytes.length, 0); /* the last case ends, too */
	text_finish(&c.bytes);
	text_finish(&c.wanted);
	print_message("%s: %d cases\n", path, count);
}

static char **paths;

static void each_case_gives_its_events(void **state)
{
	for (char **path = paths; *path; path++)
		run_file(*path);
}

int main(int argc, char **argv)
{
	paths = argv + 1;
	assert_true(argc > 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_gives_its_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
