// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <string.h>

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 408:
		return "Request Timeout";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return ""; /* RFC 9112 §4: may be empty */
	}
}

static void head_write(struct text *out, int status, const struct text *names, size_t length)
{
	text_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n", status, reason(status));
	text_append(out, names->data, names->length);
	text_printf(out, "Content-Length: %zu\r\n", length);
}

void answers_init(struct answers *a, const char *version, const char *pod)
{
	*a = (struct answers){
		.page = TEXT_INIT(4096), .page_head = TEXT_INIT(4096), .names = TEXT_INIT(4096), .dated = -1};
	text_printf(&a->names, "X-Pod: %s\r\nX-Version: %s\r\n", pod, version);
	text_printf(&a->page, "version=%s pod=%s\n", version, pod);
	head_write(&a->page_head, 200, &a->names, a->page.length);
}

void answers_finish(struct answers *a)
{
	text_finish(&a->page);
	text_finish(&a->page_head);
	text_finish(&a->names);
}

static void date_write(struct answers *a, time_t now, struct text *out)
{
	if (now != a->dated) {
		struct tm tm;
		gmtime_r(&now, &tm);
		strftime(a->date, sizeof a->date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		a->dated = now;
	}
	text_add(out, a->date);
}

void answers_write(struct answers *a, const struct answer *what, time_t now, struct text *out)
{
	const char *body = what->body ? what->body : a->page.data;
	size_t length = !what->body ? a->page.length : what->length ? what->length : strlen(what->body);
	if (what->body)
		head_write(out, what->status, &a->names, length);
	else
		text_append(out, a->page_head.data, a->page_head.length);
	date_write(a, now, out);
	if (what->field)
		text_add(out, what->field);
	if (what->closes)
		text_add(out, "Connection: close\r\n");
	else if (what->says_keeping)
		text_add(out, "Connection: keep-alive\r\n");
	text_add(out, "\r\n");
	if (!what->is_head)
		text_append(out, body, length);
}
