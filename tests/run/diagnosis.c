// SPDX-License-Identifier: Apache-2.0
/* diagnosis.c - each data/NAME.run must be diagnosed as data/NAME.expect says: lines of "cause=count", '#' begins a
 * comment. The expectation is whole: a cause that it does not name must not be found. */
#include "run/cause.h"
#include "run/diagnosis.h"
#include "run/record.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_CASES 25

static bool read_expectation(const char *path, uint64_t wanted[CAUSES])
{
	FILE *in = fopen(path, "re");
	char line[256], name[64];
	bool good = in;
	while (good && fgets(line, sizeof line, in)) {
		enum cause cause;
		uint64_t count;
		if (line[0] == '#')
			continue;
		good = sscanf(line, "%63[a-z-]=%" SCNu64, name, &count) == 2 && cause_parse(name, &cause);
		if (good)
			wanted[cause] = count;
	}
	if (in)
		(void)fclose(in);
	if (!good)
		printf("%s: cannot be read\n", path);
	return good;
}

static size_t count_lines(char *const *lines)
{
	size_t count = 0;
	while (lines && lines[count])
		count++;
	return count;
}

static bool check_findings(const char *path, const struct diagnosis *d, const uint64_t wanted[CAUSES])
{
	uint64_t found[CAUSES] = {0};
	bool good = true;
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct finding *f = &d->findings[i];
		found[f->cause] = f->lost;
		if (count_lines(f->evidence) < 1 || !f->fix || !f->fix[0]) {
			printf("%s: %s has no evidence or no fix\n", path, cause_name(f->cause));
			good = false;
		}
	}
	for (int cause = 0; cause < CAUSES; cause++) {
		if (found[cause] != wanted[cause]) {
			printf("%s: %s: %" PRIu64 " found, %" PRIu64 " expected\n", path, cause_name((enum cause)cause),
			       found[cause], wanted[cause]);
			good = false;
		}
	}
	return good;
}

static bool check_case(const char *path)
{
	char expectation[4096];
	snprintf(expectation, sizeof expectation, "%.*s.expect", (int)(strlen(path) - strlen(".run")), path);
	uint64_t wanted[CAUSES] = {0};
	struct timeline *t;
	struct err err = {0};
	if (!read_expectation(expectation, wanted))
		return false;
	if (record_read(path, &t, &err) < 0) {
		printf("%s\n", err.text);
		return false;
	}
	struct diagnosis d;
	diagnosis_init(&d, t);
	bool good = check_findings(path, &d, wanted);
	diagnosis_finish(&d);
	timeline_destroy(t);
	return good;
}

int main(int argc, char **argv)
{
	char pattern[4096];
	glob_t found;
	size_t bad = 0;
	if (argc != 2)
		return 2;
	snprintf(pattern, sizeof pattern, "%s/*.run", argv[1]);
	if (glob(pattern, 0, NULL, &found) || found.gl_pathc < LEAST_CASES) {
		printf("%s: fewer than %d cases\n", pattern, LEAST_CASES);
		return 1;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		bad += !check_case(found.gl_pathv[i]);
	printf("%zu cases, %zu wrong\n", found.gl_pathc, bad);
	globfree(&found);
	return bad > 0;
}
