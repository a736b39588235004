// SPDX-License-Identifier: Apache-2.0
#include "h2_output.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void h2_output_init(struct h2_output *o)
{
	/* What was taken is cut off before it is as much as may wait. */
	*o = (struct h2_output){.bytes = TEXT_INIT(2 * H2_OUTPUT_MAX + H2_FRAME_MAX)};
}

void h2_output_finish(struct h2_output *o)
{
	text_finish(&o->bytes);
	free(o->parts);
	*o = (struct h2_output){0};
}

bool h2_output_is_full(const struct h2_output *o)
{
	return o->waiting >= H2_OUTPUT_MAX;
}

static void output_push(struct h2_output *o, const char *body, size_t length, int32_t stream, bool ends)
{
	struct h2_part *last = o->count ? &o->parts[o->first + o->count - 1] : NULL;
	o->waiting += length;
	if (last && !body && !last->body && !stream && !last->stream) {
		last->length += length;
		return;
	}
	if (o->first + o->count == o->capacity && o->first) {
		memmove(o->parts, o->parts + o->first, o->count * sizeof *o->parts);
		o->first = 0;
	}
	if (o->count == o->capacity) {
		o->capacity = o->capacity ? o->capacity * 2 : 8;
		o->parts = memory_resize(o->parts, o->capacity, sizeof *o->parts);
	}
	o->parts[o->first + o->count++] = (struct h2_part){body, length, stream, ends};
}

void h2_output_add(struct h2_output *o, const void *data, size_t length, int32_t stream, bool ends)
{
	text_append(&o->bytes, data, length);
	output_push(o, NULL, length, stream, ends);
}

void h2_output_add_body(struct h2_output *o, const char *body, size_t length, int32_t stream, bool ends)
{
	if (length)
		output_push(o, body, length, stream, ends);
}

int h2_output_pieces(const struct h2_output *o, struct iovec *pieces, int max)
{
	if (!o->count)
		return 0;
	const char *at = o->bytes.data + o->bytes_taken;
	bool in_buffer = false; /* the piece before is, so that this one may continue it */
	int count = 0;
	for (const struct h2_part *p = o->parts + o->first; p < o->parts + o->first + o->count; p++) {
		if (!p->body && in_buffer) {
			pieces[count - 1].iov_len += p->length;
		} else {
			if (count == max)
				break;
			pieces[count++] = (struct iovec){(char *)(p->body ? p->body : at), p->length};
		}
		in_buffer = !p->body;
		at += in_buffer ? p->length : 0;
	}
	return count;
}

static void output_tidy(struct h2_output *o)
{
	size_t left = o->bytes.length - o->bytes_taken;
	if (!o->count)
		o->first = 0;
	if (left && o->bytes_taken < H2_OUTPUT_MAX)
		return;
	memmove(o->bytes.data, o->bytes.data + o->bytes_taken, left);
	o->bytes.length = left;
	o->bytes_taken = 0;
}

void h2_output_take(struct h2_output *o, size_t length,
		    void (*took)(int32_t stream, size_t length, bool ended, void *data), void *data)
{
	o->waiting -= length;
	while (length) {
		struct h2_part *p = &o->parts[o->first];
		size_t n = length < p->length ? length : p->length;
		length -= n;
		p->length -= n;
		if (p->body)
			p->body += n;
		else
			o->bytes_taken += n;
		if (!p->length) {
			o->first++;
			o->count--;
		}
		if (p->stream)
			took(p->stream, n, p->ends && !p->length, data);
	}
	output_tidy(o);
}
