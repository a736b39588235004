// SPDX-License-Identifier: Apache-2.0
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_input(struct err *err, const char *format, ...)
{
	if (!err)
		return -EINVAL;
	va_list args;
	va_start(args, format);
	err->kind = ERR_INPUT;
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return -EINVAL;
}

int err_system(struct err *err, int number, const char *format, ...)
{
	int result = number ? -number : -EIO;
	if (!err)
		return result;
	va_list args;
	va_start(args, format);
	err->kind = ERR_SYSTEM;
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	if (number) {
		size_t used = strlen(err->text);
		snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(number));
	}
	return result;
}

void err_wrap(struct err *err, const char *format, ...)
{
	if (!err)
		return;
	char inner[ERR_TEXT_MAX];
	memcpy(inner, err->text, sizeof inner);
	va_list args;
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
}

enum status err_status(const struct err *err)
{
	switch (err->kind) {
	case ERR_NONE:
		return STATUS_OK;
	case ERR_INPUT:
		return STATUS_USAGE;
	case ERR_SYSTEM:
		break;
	}
	return STATUS_SYSTEM;
}
