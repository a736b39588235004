/* h2_output.h - frames on their way out: in one buffer, but for the bodies, which are pointed at. Knows which bytes are
 * whose, so that each request can say how much of it was taken. */
#ifndef HTTP_H2_OUTPUT_H
#define HTTP_H2_OUTPUT_H

#include "base/text.h"
#include "h2_frames.h"

#include <stdint.h>
#include <sys/uio.h>

#define H2_FRAME_MAX (H2_FRAME_HEAD + 16384) /* the largest that we send */
#define H2_OUTPUT_MAX (64 * 1024)            /* when so many bytes wait, nothing more is to be added */

struct h2_part {
	const char *body; /* NULL: in the buffer */
	size_t length;
	int32_t stream; /* 0: the connection's own */
	bool ends;      /* the last of its request */
};

struct h2_output {
	struct text bytes;
	size_t bytes_taken;
	struct h2_part *parts;
	size_t first, count, capacity; /* parts: from `first` on, `count` of them */
	size_t waiting;                /* bytes in all parts */
};

void h2_output_init(struct h2_output *o);
void h2_output_finish(struct h2_output *o);
bool h2_output_is_full(const struct h2_output *o);
/* At most H2_FRAME_MAX bytes; copied. */
void h2_output_add(struct h2_output *o, const void *data, size_t length, int32_t stream, bool ends);
/* Pointed at. */
void h2_output_add_body(struct h2_output *o, const char *body, size_t length, int32_t stream, bool ends);
/* How many pieces; good until something is added or taken. */
int h2_output_pieces(const struct h2_output *o, struct iovec *pieces, int max);
/* `took` is told of every part that bytes were taken of. */
void h2_output_take(struct h2_output *o, size_t length,
		    void (*took)(int32_t stream, size_t length, bool ended, void *data), void *data);

#endif
