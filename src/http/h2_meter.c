// SPDX-License-Identifier: Apache-2.0
#include "h2_meter.h"

#include "h2_preface.h"
#include "limits.h"

#include <nghttp2/nghttp2.h>

void h2_meter_init(struct h2_meter *m)
{
	*m = (struct h2_meter){.left = H2_PREFACE_LENGTH};
}

bool h2_meter_is_between(const struct h2_meter *m)
{
	return !m->left && !m->head_length;
}

void h2_meter_pay(struct h2_meter *m, uint32_t points)
{
	m->waste -= m->waste < points ? m->waste : points;
}

static uint32_t frame_cost(uint8_t type, uint8_t flags, uint32_t length)
{
	switch (type) {
	case NGHTTP2_DATA:
		return length == 0 && !(flags & NGHTTP2_FLAG_END_STREAM) ? H2_COST_EMPTY : 0;
	case NGHTTP2_HEADERS:
	case NGHTTP2_CONTINUATION:
		return length == 0 && !(flags & NGHTTP2_FLAG_END_HEADERS) ? H2_COST_EMPTY : 0;
	case NGHTTP2_SETTINGS:
		return flags & NGHTTP2_FLAG_ACK ? H2_COST_FRAME : H2_COST_SETTINGS;
	case NGHTTP2_GOAWAY:
		return H2_COST_SETTINGS;
	default:
		return H2_COST_FRAME;
	}
}

static void meter_count(struct h2_meter *m)
{
	uint32_t length = (uint32_t)m->head[0] << 16 | (uint32_t)m->head[1] << 8 | m->head[2];
	uint8_t type = m->head[3], flags = m->head[4];
	m->left = length;
	m->head_length = 0;
	m->continuations = type == NGHTTP2_CONTINUATION ? m->continuations + 1 : 0;
	m->waste += frame_cost(type, flags, length);
}

size_t h2_meter_take(struct h2_meter *m, const uint8_t *data, size_t length)
{
	size_t at = 0;
	if (!m->left) {
		at = (size_t)(H2_FRAME_HEAD - m->head_length);
		at = at < length ? at : length;
		memcpy(m->head + m->head_length, data, at);
		m->head_length += (uint8_t)at;
		if (m->head_length == H2_FRAME_HEAD)
			meter_count(m);
	}
	size_t n = length - at < m->left ? length - at : (size_t)m->left;
	m->left -= n;
	return at + n;
}

bool h2_meter_is_flooded(const struct h2_meter *m)
{
	return m->continuations > H2_CONTINUATIONS_MAX || m->waste > H2_WASTE_MAX;
}
