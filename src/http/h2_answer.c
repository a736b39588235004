// SPDX-License-Identifier: Apache-2.0
#include "h2_session.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 30

/* What is left to be sent behind an answer's head. */
struct h2_body {
	const char *content;
	size_t length, sent;
	char *copy;
	ssize_t (*read)(struct h2_request *r, char *out, size_t size, void *data);
	struct text trailer_text; /* name NUL value NUL … */
	size_t trailer_count;
};

void h2_body_free(struct h2_body *b)
{
	if (!b)
		return;
	text_finish(&b->trailer_text);
	free(b->copy);
	free(b);
}

static nghttp2_nv pair(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
			    NGHTTP2_NV_FLAG_NONE};
}

static int submit_trailers(struct h2_request *r)
{
	struct h2_body *b = r->body;
	nghttp2_nv fields[FIELDS_MAX];
	const char *at = b->trailer_text.data;
	for (size_t i = 0; i < b->trailer_count; i++) {
		const char *value = at + strlen(at) + 1;
		fields[i] = pair(at, value);
		at = value + strlen(value) + 1;
	}
	return nghttp2_submit_trailer(r->server->session, r->id, fields, b->trailer_count);
}

/* How much of the answer goes into the next DATA frame; negative: an error of nghttp2's. */
static ssize_t body_put(struct h2_request *r, char *out, size_t size, bool *ret_ends)
{
	struct h2_body *b = r->body;
	if (b->read) {
		ssize_t n = b->read(r, out, size, r->server->data);
		*ret_ends = n == 0;
		if (n == -EAGAIN)
			return NGHTTP2_ERR_DEFERRED;
		return n < 0 || (size_t)n > size ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : n;
	}
	size_t n = b->length - b->sent < size ? b->length - b->sent : size;
	if (n)
		memcpy(out, b->content + b->sent, n);
	b->sent += n;
	*ret_ends = b->sent == b->length;
	return (ssize_t)n;
}

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *out, size_t size, uint32_t *flags,
		       nghttp2_data_source *source, void *data)
{
	struct h2_request *r = nghttp2_session_get_stream_user_data(session, id);
	if (!r) /* given up since */
		return NGHTTP2_ERR_DEFERRED;
	bool ends = false;
	ssize_t n = body_put(r, (char *)out, size, &ends);
	if (n < 0 || !ends)
		return n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (r->body->trailer_count) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (submit_trailers(r) < 0)
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return n;
}

static struct h2_body *body_create(const struct h2_answer *a)
{
	struct h2_body *b = memory_new(1, sizeof *b);
	b->read = a->read;
	b->length = a->read ? 0 : a->length;
	b->content = a->content;
	if (b->length && !a->is_lasting)
		b->content = b->copy = memcpy(memory_resize(NULL, a->length, 1), a->content, a->length);
	b->trailer_text = (struct text)TEXT_INIT(16 * 1024);
	b->trailer_count = a->trailer_count;
	for (size_t i = 0; i < a->trailer_count; i++) {
		text_append(&b->trailer_text, a->trailers[i].name, strlen(a->trailers[i].name) + 1);
		text_append(&b->trailer_text, a->trailers[i].value, strlen(a->trailers[i].value) + 1);
	}
	return b;
}

static bool status_has_length(int status)
{
	return status >= 200 && status != 204; /* RFC 9110 §8.6 */
}

static bool answer_is_good(const struct h2_answer *a)
{
	return a->status >= 200 && a->status <= 999 && a->field_count <= FIELDS_MAX - 2 &&
	       a->trailer_count <= FIELDS_MAX;
}

int h2_request_answer(struct h2_request *r, const struct h2_answer *a)
{
	if (r->is_answered)
		return -EALREADY;
	if (!answer_is_good(a))
		return -EINVAL;
	char status[16], length[24];
	nghttp2_nv fields[FIELDS_MAX];
	size_t count = 0;
	(void)snprintf(status, sizeof status, "%d", a->status);
	fields[count++] = pair(":status", status);
	for (size_t i = 0; i < a->field_count; i++)
		fields[count++] = pair(a->fields[i].name, a->fields[i].value);
	if (!a->read && !a->trailer_count && status_has_length(a->status)) {
		(void)snprintf(length, sizeof length, "%zu", a->length);
		fields[count++] = pair("content-length", length);
	}
	bool has_body = !r->is_head && (a->read || a->length || a->trailer_count);
	if (has_body)
		r->body = body_create(a);
	nghttp2_data_provider provider = {.read_callback = on_read};
	r->is_answered = true;
	int rc = nghttp2_submit_response(r->server->session, r->id, fields, count, has_body ? &provider : NULL);
	return rc == 0 ? 0 : -EIO;
}

void h2_request_resume(struct h2_request *r)
{
	(void)nghttp2_session_resume_data(r->server->session, r->id); /* fails when it does not wait */
}

void h2_request_reset(struct h2_request *r, uint32_t code)
{
	(void)nghttp2_submit_rst_stream(r->server->session, NGHTTP2_FLAG_NONE, r->id, code);
}
