// SPDX-License-Identifier: Apache-2.0
/* grpc_health.c - any message is answered with a status that there is, and with content only when that is OK. */
#include "http/grpc_health.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct grpc_service services[] = {{"", true}, {"a", false}};
	char *bytes = malloc(size ? size : 1); /* its own, so that a read beyond it is seen */
	memcpy(bytes, data, size);
	struct text content = {.data = bytes, .length = size, .capacity = size, .max = size};
	struct grpc_reply reply = grpc_health_check("/grpc.health.v1.Health/Check", &content, services, 2);
	if ((reply.status == GRPC_OK) != (reply.length == GRPC_HEALTH_REPLY_SIZE) || !reply.message)
		abort();
	if (reply.status == GRPC_OK && (size < 5 || reply.content[6] < 1 || reply.content[6] > 2))
		abort();
	free(bytes);
	return 0;
}
