// SPDX-License-Identifier: Apache-2.0
#include "outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[OUTCOME_KINDS] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_CONNECT_REFUSED] = "connect/refused",
	[OUTCOME_CONNECT_TIMEOUT] = "connect/timeout",
	[OUTCOME_CONNECT_RESET] = "connect/reset",
	[OUTCOME_CONNECT_UNREACHABLE] = "connect/unreachable",
	[OUTCOME_TLS_FAILED] = "tls/failed",
	[OUTCOME_SEND_RESET] = "send/reset",
	[OUTCOME_WAIT_RESET] = "wait/reset",
	[OUTCOME_WAIT_CLOSED] = "wait/closed",
	[OUTCOME_WAIT_TIMEOUT] = "wait/timeout",
	[OUTCOME_HEAD_RESET] = "head/reset",
	[OUTCOME_HEAD_CLOSED] = "head/closed",
	[OUTCOME_HEAD_TIMEOUT] = "head/timeout",
	[OUTCOME_HEAD_MALFORMED] = "head/malformed",
	[OUTCOME_BODY_RESET] = "body/reset",
	[OUTCOME_BODY_CLOSED] = "body/closed",
	[OUTCOME_BODY_TIMEOUT] = "body/timeout",
	[OUTCOME_BODY_MALFORMED] = "body/malformed",
	[OUTCOME_STREAM_REFUSED] = "stream/refused",
	[OUTCOME_STREAM_RESET] = "stream/reset",
	[OUTCOME_STATUS] = "status/", /* and the number */
	[OUTCOME_CONTENT_MISMATCH] = "content/mismatch",
	[OUTCOME_CLIENT_PORTS] = "client/ports",
	[OUTCOME_CLIENT_FILES] = "client/files",
};

const char *outcome_name(enum outcome_kind kind, int status, char out[OUTCOME_NAME_SIZE])
{
	if (kind == OUTCOME_STATUS)
		snprintf(out, OUTCOME_NAME_SIZE, "status/%03d", status);
	else
		snprintf(out, OUTCOME_NAME_SIZE, "%s", names[kind]);
	return out;
}

static bool outcome_parse_status(const char *digits, int *ret_status)
{
	if (strlen(digits) != 3 || strspn(digits, "0123456789") != 3)
		return false;
	*ret_status = atoi(digits);
	return true;
}

bool outcome_parse(const char *name, enum outcome_kind *ret_kind, int *ret_status)
{
	size_t prefix = strlen(names[OUTCOME_STATUS]);
	if (!strncmp(name, names[OUTCOME_STATUS], prefix)) {
		if (!outcome_parse_status(name + prefix, ret_status))
			return false;
		*ret_kind = OUTCOME_STATUS;
		return true;
	}
	for (int i = 0; i < OUTCOME_KINDS; i++) {
		if (!strcmp(names[i], name)) {
			*ret_kind = (enum outcome_kind)i;
			*ret_status = 0;
			return true;
		}
	}
	return false;
}

const char *outcome_mismatch_name(enum outcome_mismatch mismatch)
{
	static const char *const mismatches[OUTCOME_MISMATCHES] = {
		[OUTCOME_MISMATCH_NONE] = "",
		[OUTCOME_MISMATCH_TEXT] = "text",
		[OUTCOME_MISMATCH_NO_VERSION] = "no-version",
		[OUTCOME_MISMATCH_BACK] = "version-back",
		[OUTCOME_MISMATCH_VERSIONS] = "too-many-versions",
	};
	return mismatches[mismatch];
}

bool outcome_is_client_side(enum outcome_kind kind)
{
	return kind == OUTCOME_CLIENT_PORTS || kind == OUTCOME_CLIENT_FILES;
}
