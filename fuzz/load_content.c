// SPDX-License-Identifier: Apache-2.0
/* load_content.c - a text is found in a body exactly when it is there, and the version too, however the body was cut.
 * The first byte says how: its low half how long the text is, which follows; its high half in which steps. */
#include "load/content.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct outcome read_in_steps(const struct content *c, const uint8_t *body, size_t size, size_t step)
{
	struct content_reader reader = {0};
	struct outcome o = {.started_ns = 0, .ended_ns = 1};
	content_begin(&reader);
	for (size_t at = 0; at < size; at += step)
		content_feed(c, &reader, (const char *)body + at, at + step < size ? step : size - at);
	content_judge(c, &reader, &o);
	content_finish(&reader);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size ? data[0] % 16 : 0, step = size ? 1 + data[0] / 16 : 1;
	if (size < 1 + length || length == 0 || memchr(data + 1, 0, length))
		return 0;
	char text[16] = "";
	memcpy(text, data + 1, length);
	data += 1 + length;
	size -= 1 + length;
	struct versions *versions = versions_create();
	struct load_config config = {
		.method = "GET", .expect_body = text, .version_body = "v([0-9]+)", .versions = versions};
	struct content *c;
	if (content_create(&config, &c, NULL) < 0)
		abort();
	struct outcome whole = read_in_steps(c, data, size, size + 1), cut = read_in_steps(c, data, size, step);
	if (whole.kind != cut.kind || whole.mismatch != cut.mismatch || whole.version != cut.version)
		abort();
	if ((whole.mismatch == OUTCOME_MISMATCH_TEXT) != !memmem(data, size, text, length))
		abort();
	content_destroy(c);
	versions_destroy(versions);
	return 0;
}
