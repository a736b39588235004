// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/address.h"
#include "net/resolve.h"

#include <string.h>

static void a_name_and_a_port_lead_to_an_address(void **state)
{
	static const struct {
		const char *word, *host;
		uint16_t port;
		const char *address;
	} cases[] = {
		{"shop.example:80:127.0.0.1", "shop.example", 80, "127.0.0.1"},
		{"SHOP:65535:10.0.0.7", "shop", 65535, "10.0.0.7"},
		{"shop:8080:[::1]", "shop", 8080, "::1"},
		{"shop:8080:fe80::1:2", "shop", 8080, "fe80::1:2"},
		{"[::1]:80:127.0.0.1", "::1", 80, "127.0.0.1"},
		{"10.0.0.1:80:[2001:db8::1]", "10.0.0.1", 80, "2001:db8::1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct resolve r;
		struct sockaddr_storage wanted;
		socklen_t length;
		assert_int_equal(resolve_parse(cases[i].word, &r, NULL), 0);
		assert_true(address_parse(cases[i].address, cases[i].port, &wanted, &length));
		assert_true(address_equal(&r.address, &wanted));
		assert_int_equal(r.address_length, length);
		assert_true(resolve_matches(&r, cases[i].host, cases[i].port));
		assert_false(resolve_matches(&r, cases[i].host, (uint16_t)(cases[i].port - 1)));
		assert_false(resolve_matches(&r, "other", cases[i].port));
	}
}

static void what_is_not_one_is_refused_by_name(void **state)
{
	static const struct {
		const char *word, *why;
	} cases[] = {
		{"", "expected HOST:PORT:ADDRESS"},
		{"shop", "expected HOST:PORT:ADDRESS"},
		{"shop:80", "expected HOST:PORT:ADDRESS"},
		{":80:127.0.0.1", "expected HOST:PORT:ADDRESS"},
		{"[::1:80", "expected HOST:PORT:ADDRESS"},
		{"[]:80:127.0.0.1", "expected HOST:PORT:ADDRESS"},
		{"shop::127.0.0.1", "'' is not a port"},
		{"shop:0:127.0.0.1", "'0' is not a port"},
		{"shop:65536:127.0.0.1", "'65536' is not a port"},
		{"shop:8x:127.0.0.1", "'8x' is not a port"},
		{"shop:000080:127.0.0.1", "'000080' is not a port"},
		{"shop:80:", "'' is not an IP address"},
		{"shop:80:other", "'other' is not an IP address"},
		{"shop:80:127.0.0.1.1", "'127.0.0.1.1' is not an IP address"},
		{"shop:80:[::1", "'[::1' is not an IP address"},
		{"shop:80:127.0.0.1:90", "'127.0.0.1:90' is not an IP address"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct resolve r = {.port = 7};
		struct err err = {0};
		assert_true(resolve_parse(cases[i].word, &r, &err) < 0);
		assert_int_equal(r.port, 7);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.text, cases[i].why))
			fail_msg("not there: %s\nin: %s", cases[i].why, err.text);
	}
	char lengthy[400];
	memset(lengthy, 'a', sizeof lengthy);
	strcpy(lengthy + 256, ":80:127.0.0.1");
	struct resolve r;
	assert_true(resolve_parse(lengthy, &r, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_and_a_port_lead_to_an_address),
		cmocka_unit_test(what_is_not_one_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
