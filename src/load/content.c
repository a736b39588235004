// SPDX-License-Identifier: Apache-2.0
#include "content.h"

#include "base/memory.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define START_KEPT (4 * 1024) /* what a reader holds on to between answers */

struct content {
	const char *text; /* borrowed; NULL: any body will do */
	size_t text_length;
	size_t *borders; /* of each beginning of the text: how long the longest of its ends is that is a beginning too
			  */
	const char *version_header;
	bool has_pattern;
	regex_t pattern;
	struct versions *versions;
};

/* Knuth, Morris, Pratt: after a mismatch the search goes on with what is already known, never back in the body. */
static size_t *content_borders(const char *text, size_t length)
{
	size_t *borders = memory_new(length + 1, sizeof *borders);
	size_t border = 0;
	for (size_t i = 1; i < length; i++) {
		while (border && text[i] != text[border])
			border = borders[border];
		border += text[i] == text[border];
		borders[i + 1] = border;
	}
	return borders;
}

static int content_check(const struct load_config *c, struct err *err)
{
	bool reads_body = c->expect_body || c->version_body;
	if (c->expect_body && !c->expect_body[0])
		return err_input(err, "every body has an empty text in it");
	if (c->version_header && c->version_body)
		return err_input(err, "the version is in a header or in the body, not in both");
	if ((c->version_header || c->version_body) && !c->versions)
		return err_input(err, "nowhere to remember versions");
	if (reads_body && !strcmp(c->method, "HEAD"))
		return err_input(err, "an answer to HEAD has no body to look into");
	return 0;
}

static int content_compile(struct content *c, const char *pattern, struct err *err)
{
	char why[128];
	int rc = regcomp(&c->pattern, pattern, REG_EXTENDED | REG_NEWLINE);
	if (rc != 0) {
		(void)regerror(rc, &c->pattern, why, sizeof why);
		return err_input(err, "'%s' is not a regular expression: %s", pattern, why);
	}
	c->has_pattern = true;
	return 0;
}

int content_create(const struct load_config *config, struct content **ret_content, struct err *err)
{
	if (!config->expect_body && !config->version_header && !config->version_body) {
		*ret_content = NULL;
		return 0;
	}
	int rc = content_check(config, err);
	if (rc < 0)
		return rc;
	struct content *c = memory_new(1, sizeof *c);
	c->version_header = config->version_header;
	c->versions = config->versions;
	if (config->version_body && (rc = content_compile(c, config->version_body, err)) < 0) {
		free(c);
		return rc;
	}
	if (config->expect_body) {
		c->text = config->expect_body;
		c->text_length = strlen(c->text);
		c->borders = content_borders(c->text, c->text_length);
	}
	*ret_content = c;
	return 0;
}

void content_destroy(struct content *c)
{
	if (!c)
		return;
	if (c->has_pattern)
		regfree(&c->pattern);
	free(c->borders);
	free(c);
}

const char *content_version_header(const struct content *c)
{
	return c->version_header;
}

void content_begin(struct content_reader *r)
{
	r->version[0] = '\0';
	r->matched = 0;
	r->is_found = false;
	if (r->start.capacity > START_KEPT)
		text_finish(&r->start);
	text_reset(&r->start);
}

static void content_search(const struct content *c, struct content_reader *r, const char *piece, size_t length)
{
	size_t matched = r->matched;
	for (size_t i = 0; i < length && matched < c->text_length; i++) {
		if (matched == 0) { /* nearly always: let the library run */
			const char *first = memchr(piece + i, c->text[0], length - i);
			if (!first)
				break;
			i = (size_t)(first - piece);
		}
		while (matched && piece[i] != c->text[matched])
			matched = c->borders[matched];
		matched += piece[i] == c->text[matched];
	}
	r->matched = matched;
	r->is_found = matched == c->text_length;
}

void content_feed(const struct content *c, struct content_reader *r, const char *piece, size_t length)
{
	if (c->text && !r->is_found)
		content_search(c, r, piece, length);
	if (c->has_pattern && r->start.length < CONTENT_START_MAX) {
		r->start.max = CONTENT_START_MAX;
		text_append(&r->start, piece, length);
	}
}

/* The first group, or the whole match of a pattern without one. Leaves "" when there is none. */
static void content_take_version(const struct content *c, struct content_reader *r)
{
	regmatch_t match[2] = {{.rm_so = 0, .rm_eo = (regoff_t)r->start.length}};
	size_t wanted = c->pattern.re_nsub > 0;
	if (regexec(&c->pattern, text_str(&r->start), 2, match, REG_STARTEND) != 0 || match[wanted].rm_so == -1)
		return;
	const char *from = text_str(&r->start) + match[wanted].rm_so;
	size_t length = (size_t)(match[wanted].rm_eo - match[wanted].rm_so);
	if (length > VERSION_SIZE - 1)
		length = VERSION_SIZE - 1;
	for (size_t i = 0; i < length; i++)
		r->version[i] = from[i] >= ' ' && from[i] < 0x7f ? from[i] : '?';
	r->version[length] = '\0';
}

static enum outcome_mismatch content_judge_version(const struct content *c, struct content_reader *r, struct outcome *o)
{
	if (c->has_pattern)
		content_take_version(c, r);
	if (!r->version[0])
		return OUTCOME_MISMATCH_NO_VERSION;
	struct version_seen seen = versions_see(c->versions, r->version, o->started_ns, o->ended_ns);
	o->version = seen.number;
	if (!seen.number)
		return OUTCOME_MISMATCH_VERSIONS;
	if (seen.newest == seen.number)
		return OUTCOME_MISMATCH_NONE;
	o->newest = seen.newest;
	return OUTCOME_MISMATCH_BACK;
}

void content_judge(const struct content *c, struct content_reader *r, struct outcome *o)
{
	/* A version counts as seen whatever the rest of the body says. */
	if (c->version_header || c->has_pattern)
		o->mismatch = content_judge_version(c, r, o);
	if (c->text && !r->is_found)
		o->mismatch = OUTCOME_MISMATCH_TEXT;
	if (o->mismatch != OUTCOME_MISMATCH_NONE)
		o->kind = OUTCOME_CONTENT_MISMATCH;
}

void content_finish(struct content_reader *r)
{
	text_finish(&r->start);
}
