/* h2_frames.h - where each frame of a stream of bytes begins and ends, however the bytes were cut. */
#ifndef HTTP_H2_FRAMES_H
#define HTTP_H2_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_FRAME_HEAD 9

struct h2_frames {
	uint8_t head[H2_FRAME_HEAD];
	size_t head_length;
	size_t left;         /* of the payload */
	size_t block_length; /* of HEADERS and the CONTINUATIONs behind it, so far */
};

/* What there is to be read of one frame. */
struct h2_piece {
	bool begins; /* its head is complete now; until then nothing is to be read */
	const char *payload;
	size_t length;
};

/* How many of the bytes, at least one, were used up. */
size_t h2_frames_next(struct h2_frames *f, const char *data, size_t length, struct h2_piece *ret_piece);
/* Of the frame that is being read. */
uint8_t h2_frames_type(const struct h2_frames *f);
int32_t h2_frames_stream(const struct h2_frames *f);

uint32_t h2_frames_number(const void *bytes, int count);

#endif
