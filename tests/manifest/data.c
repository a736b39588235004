// SPDX-License-Identifier: Apache-2.0
/* data.c - one file of data/ is one case. A manifest whose first line is "# refused: 4:7: …" must be refused with
 * exactly that; any other must read as NAME.dump says. ZERODROP_WRITE_DUMPS=1 writes the dumps anew: look at the
 * difference. */
#include "../unit.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/words.h"
#include "dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED "# refused: "
#define SIZE_TOP (1 << 20)

static void slurp(const char *path, struct text *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(text_read_fd(out, fd), 0);
}

static void write_dump(const char *path, const struct text *dump)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text_str(dump), f);
	assert_int_equal(fclose(f), 0);
}

static void is_refused(const char *name, const struct text *data)
{
	const char *said = text_str(data) + strlen(REFUSED);
	auto_free char *expected = memory_printf("%s:%.*s", name, (int)strcspn(said, "\n"), said);
	struct manifest *m = manifest_create();
	struct err err = {0};
	int rc = manifest_read(m, name, text_str(data), data->length, &err);
	assert_string_equal(err.text, expected);
	assert_int_equal(rc, -EINVAL);
	assert_int_equal(err.kind, ERR_INPUT);
	manifest_destroy(m);
}

static void reads_as_dumped(const char *name, const char *path, const struct text *data)
{
	auto_free char *dump_path = memory_printf("%.*s.dump", (int)(strrchr(path, '.') - path), path);
	struct manifest *m = manifest_create();
	struct err err = {0};
	if (manifest_read(m, name, text_str(data), data->length, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
	auto_text dump = TEXT_INIT(SIZE_TOP);
	dump_manifest(m, &dump);
	if (getenv("ZERODROP_WRITE_DUMPS"))
		write_dump(dump_path, &dump);
	auto_text expected = TEXT_INIT(SIZE_TOP);
	slurp(dump_path, &expected);
	assert_string_equal(text_str(&dump), text_str(&expected));
	manifest_destroy(m);
}

static void reads_or_refuses(void **state)
{
	const char *name = *state;
	auto_free char *path = memory_printf("%s/%s", DATA, name);
	auto_text data = TEXT_INIT(SIZE_TOP);
	slurp(path, &data);
	if (!strncmp(text_str(&data), REFUSED, strlen(REFUSED)))
		is_refused(name, &data);
	else
		reads_as_dumped(name, path, &data);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	char **names = NULL;
	DIR *dir = opendir(DATA);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (strstr(entry->d_name, ".yaml") || strstr(entry->d_name, ".json"))
			words_push(&names, entry->d_name);
	if (dir)
		closedir(dir);
	size_t count = words_count(names);
	if (!count) {
		fputs("no cases in " DATA "\n", stderr);
		return 1;
	}
	qsort(names, count, sizeof *names, by_name);
	struct CMUnitTest *tests = memory_new(count, sizeof *tests);
	for (size_t i = 0; i < count; i++)
		tests[i] =
			(struct CMUnitTest){.name = names[i], .test_func = reads_or_refuses, .initial_state = names[i]};
	int failed = _cmocka_run_group_tests("data", tests, count, NULL, NULL);
	words_free(names);
	free(tests);
	return failed;
}
