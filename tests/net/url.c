// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

static void parts_are_found(void **state)
{
	static const struct {
		const char *text, *host, *path, *host_header;
		int port;
		bool is_ipv6, is_tls;
	} cases[] = {
		{"http://shop", "shop", "/", "shop", 80, false, false},
		{"http://shop:80/", "shop", "/", "shop", 80, false, false},
		{"HTTP://Shop.example:8080/a/b?c=d&e", "Shop.example", "/a/b?c=d&e", "Shop.example:8080", 8080, false,
		 false},
		{"http://10.0.0.1?wait=5", "10.0.0.1", "/?wait=5", "10.0.0.1", 80, false, false},
		{"http://x/a#part", "x", "/a", "x", 80, false, false},
		{"http://x#part", "x", "/", "x", 80, false, false},
		{"http://[::1]:65535/x", "::1", "/x", "[::1]:65535", 65535, true, false},
		{"http://[fd00::a]", "fd00::a", "/", "[fd00::a]", 80, true, false},
		{"https://shop", "shop", "/", "shop", 443, false, true},
		{"HTTPS://shop:443/a", "shop", "/a", "shop", 443, false, true},
		{"https://shop:80/", "shop", "/", "shop:80", 80, false, true},
		{"http://shop:443/", "shop", "/", "shop:443", 443, false, false},
		{"https://[::1]/", "::1", "/", "[::1]", 443, true, true},
		{"http://x/a:b@c", "x", "/a:b@c", "x", 80, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct url u = {0};
		assert_int_equal(url_parse(cases[i].text, &u, NULL), 0);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.path, cases[i].path);
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.is_ipv6, cases[i].is_ipv6);
		assert_int_equal(u.is_tls, cases[i].is_tls);
		char *header = url_host_header(&u);
		assert_string_equal(header, cases[i].host_header);
		free(header);
		url_finish(&u);
	}
}

static void what_is_wrong_is_said(void **state)
{
	static const char *const cases[][2] = {
		{"shop/a", "is not a URL"},
		{"ftp://shop/", "no scheme 'ftp', expected http:// or https://"},
		{"httpss://shop/", "no scheme 'httpss'"},
		{"http://", "the host is missing"},
		{"http://:80/", "the host is missing"},
		{"http://shop:/", "'' is not a port"},
		{"http://shop:0/", "'0' is not a port"},
		{"http://shop:65536/", "'65536' is not a port"},
		{"http://shop:99999999999999999999/", "is not a port"},
		{"http://shop:8o/", "'8o' is not a port"},
		{"http://me@shop/", "a user in the URL"},
		{"http://sh$op/", "cannot contain '$'"},
		{"http://[::1/", "']' of the address is missing"},
		{"http://[::g]/", "is not an IPv6 address"},
		{"http://[::1]8/", "expected ':' or '/'"},
		{"http://shop/a b", "special characters"},
		{"http://shop/\r\nX: y", "special characters"},
		{"http://shop/\xc3\xbc", "special characters"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct url u = {0};
		struct err err = {0};
		assert_true(url_parse(cases[i][0], &u, &err) < 0);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.text, cases[i][1]))
			fail_msg("%s: '%s' does not say '%s'", cases[i][0], err.text, cases[i][1]);
		assert_null(u.host);
	}
}

static void a_very_long_one_is_refused(void **state)
{
	char text[URL_MAX + 64] = "http://";
	memset(text + 7, 'a', sizeof text - 8);
	struct url u = {0};
	assert_true(url_parse(text, &u, NULL) < 0);
	text[7 + URL_HOST_MAX + 1] = '\0';
	assert_true(url_parse(text, &u, NULL) < 0);
	text[7 + URL_HOST_MAX] = '\0';
	assert_int_equal(url_parse(text, &u, NULL), 0);
	url_finish(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_very_long_one_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
