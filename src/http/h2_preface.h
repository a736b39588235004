/* h2_preface.h - HTTP/2 by prior knowledge or HTTP/1? The first bytes of a connection tell (RFC 9113 §3.3, §3.4). */
#ifndef HTTP_H2_PREFACE_H
#define HTTP_H2_PREFACE_H

#include <stddef.h>
#include <string.h>

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define H2_PREFACE_LENGTH (sizeof H2_PREFACE - 1)

enum h2_preface { H2_PREFACE_MORE = 0, H2_PREFACE_FOUND, H2_PREFACE_NONE };

/* `data` from the connection's first byte on. No request of HTTP/1 begins with "PR" and goes on like it, so a single
 * byte seldom leaves it open. */
static inline enum h2_preface h2_preface_find(const char *data, size_t length)
{
	size_t n = length < H2_PREFACE_LENGTH ? length : H2_PREFACE_LENGTH;
	if (memcmp(data, H2_PREFACE, n) != 0)
		return H2_PREFACE_NONE;
	return n == H2_PREFACE_LENGTH ? H2_PREFACE_FOUND : H2_PREFACE_MORE;
}

#endif
