/* h2_meter.h - what a peer's HTTP/2 frames cost: reads nothing but their heads, beside the session that reads them.
 *
 * It sees what nghttp2 does not tell of (CONTINUATION frames) or, by version, does not count: floods of frames that
 * bring no request further. The bytes may be cut anywhere; limits.h has the prices.
 */
#ifndef HTTP_H2_METER_H
#define HTTP_H2_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_FRAME_HEAD 9

struct h2_meter {
	uint64_t left; /* bytes until the next head */
	uint8_t head[H2_FRAME_HEAD], head_length;
	uint32_t continuations;
	uint32_t waste;
};

void h2_meter_init(struct h2_meter *m);
/* How many of the bytes go up to the end of a frame. */
size_t h2_meter_take(struct h2_meter *m, const uint8_t *data, size_t length) __attribute__((warn_unused_result));
/* With the frame whose head came last it is too much. */
bool h2_meter_is_flooded(const struct h2_meter *m);
/* All of the last frame has come, and nothing of the next. */
bool h2_meter_is_between(const struct h2_meter *m);
void h2_meter_pay(struct h2_meter *m, uint32_t points);

#endif
