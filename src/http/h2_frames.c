// SPDX-License-Identifier: Apache-2.0
#include "h2_frames.h"

#include <nghttp2/nghttp2.h>

uint32_t h2_frames_number(const void *bytes, int count)
{
	const uint8_t *p = bytes;
	uint32_t n = 0;
	while (count--)
		n = n << 8 | *p++;
	return n;
}

uint8_t h2_frames_type(const struct h2_frames *f)
{
	return f->head[3];
}

int32_t h2_frames_stream(const struct h2_frames *f)
{
	return (int32_t)(h2_frames_number(f->head + 5, 4) & INT32_MAX);
}

static void frames_begin(struct h2_frames *f)
{
	f->left = h2_frames_number(f->head, 3);
	if (h2_frames_type(f) == NGHTTP2_HEADERS)
		f->block_length = 0;
	if (h2_frames_type(f) == NGHTTP2_HEADERS || h2_frames_type(f) == NGHTTP2_CONTINUATION)
		f->block_length += f->left;
}

size_t h2_frames_next(struct h2_frames *f, const char *data, size_t length, struct h2_piece *ret_piece)
{
	size_t used = 0;
	*ret_piece = (struct h2_piece){0};
	if (f->head_length == H2_FRAME_HEAD && !f->left)
		f->head_length = 0;
	if (f->head_length < H2_FRAME_HEAD) {
		while (f->head_length < H2_FRAME_HEAD && used < length)
			f->head[f->head_length++] = (uint8_t)data[used++];
		if (f->head_length < H2_FRAME_HEAD)
			return used;
		frames_begin(f);
		ret_piece->begins = true;
	}
	ret_piece->payload = data + used;
	ret_piece->length = length - used < f->left ? length - used : f->left;
	f->left -= ret_piece->length;
	return used + ret_piece->length;
}
