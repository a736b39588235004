// SPDX-License-Identifier: Apache-2.0
/* load_limits.c - the kernel's counters: any text is refused whole or taken whole, and what is written is read back.
 * The first eight bytes are two numbers and how many other words are around them. */
#include "load/limits.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_any(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	struct limits l, before;
	memset(&l, 0x5a, sizeof l);
	before = l;
	if (!limits_parse_netstat(text, &l) && memcmp(&l, &before, sizeof l))
		abort();
	before = l;
	if (!limits_parse_conntrack(text, &l.conntrack) && memcmp(&l, &before, sizeof l))
		abort();
	before = l;
	bool has_ports = limits_parse_ports(text, &l);
	if (has_ports ? l.port_low > l.port_high || l.port_high > 65535 : memcmp(&l, &before, sizeof l) != 0)
		abort();
	free(text);
}

static void read_back(const uint8_t *data)
{
	uint32_t a, b;
	char names[256] = "TcpExt:", values[256] = "TcpExt:", text[1024];
	memcpy(&a, data, sizeof a);
	memcpy(&b, data + sizeof a, sizeof b);
	for (uint32_t i = 0; i < a % 8; i++) {
		snprintf(names + strlen(names), sizeof names - strlen(names), " Other%" PRIu32, i);
		snprintf(values + strlen(values), sizeof values - strlen(values), " %" PRIu32, i);
	}
	snprintf(names + strlen(names), sizeof names - strlen(names), " ListenOverflows ListenDrops");
	snprintf(values + strlen(values), sizeof values - strlen(values), " %" PRIu32 " %" PRIu32, a, b);
	snprintf(text, sizeof text, "IpExt: ListenOverflows\nIpExt: 1\n%s\n%s\n", names, values);
	struct limits l = {0};
	if (!limits_parse_netstat(text, &l) || l.listen_overflows != a || l.listen_drops != b)
		abort();
	snprintf(text, sizeof text, "found drop x early_drop insert_failed\n1 %x 0 %x %x\n1 %x 0 %x %x\n", a, b, a, b,
		 a, b);
	if (!limits_parse_conntrack(text, &l.conntrack) || l.conntrack.drop != (uint64_t)a + b ||
	    l.conntrack.early_drop != (uint64_t)a + b)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_any(data, size);
	if (size >= 8)
		read_back(data);
	return 0;
}
