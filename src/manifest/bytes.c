// SPDX-License-Identifier: Apache-2.0
#include "bytes.h"

#include <stdint.h>

/* libyaml compares each directive with all before it. */
#define DIRECTIVES_MAX 1000

struct scan {
	const unsigned char *p, *end;
	int line, column; /* of *p */
	int directives;
};

/* One character; 0 when it is not UTF-8. */
static size_t scan_character(const struct scan *s, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = *s->p;
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	if (!n || n > (size_t)(s->end - s->p))
		return 0;
	uint32_t code = n == 1 ? c : c & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s->p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s->p[i] & 0x3f);
	}
	if ((n > 1 && code < smallest[n]) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return n;
}

static bool is_printable(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code < 0x7f || (code >= 0xa0 && code != 0xfffe && code != 0xffff);
}

/* NULL, or what is wrong with the character. */
static const char *scan_count(struct scan *s, uint32_t code)
{
	if (code == '%' && s->column == 1 && ++s->directives > DIRECTIVES_MAX)
		return "more than 1000 lines that begin with %";
	if (code == 0x85 || code == 0x2028 || code == 0x2029)
		return "a line end to YAML 1.1 and none to 1.2: write it as an escape, or leave it out";
	return is_printable(code) ? NULL : "a control character, which YAML does not allow";
}

int bytes_check(const char *name, const char *data, size_t length, struct err *err)
{
	if (length > BYTES_MAX)
		return err_input(err, "%s:1:1: larger than 16 MiB", name);
	struct scan s = {.p = (const unsigned char *)data, .line = 1, .column = 1};
	s.end = s.p + length;
	while (s.p < s.end) {
		uint32_t code = 0;
		size_t n = scan_character(&s, &code);
		const char *wrong = n ? scan_count(&s, code) : "a byte that is not UTF-8";
		if (wrong)
			return err_input(err, "%s:%d:%d: %s", name, s.line, s.column, wrong);
		bool is_line_end = code == '\n' || (code == '\r' && (s.p + 1 == s.end || s.p[1] != '\n'));
		s.line += is_line_end;
		s.column = is_line_end ? 1 : s.column + 1;
		s.p += n;
	}
	return 0;
}
