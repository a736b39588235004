// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "net/address.h"

#include <string.h>

static struct sockaddr_storage resolve(const char *host, uint16_t port)
{
	struct sockaddr_storage a;
	socklen_t length = 0;
	assert_int_equal(address_resolve(host, port, &a, &length, NULL), 0);
	assert_true(length > 0);
	return a;
}

static void numbers_need_no_lookup(void **state)
{
	struct sockaddr_storage four = resolve("127.0.0.1", 80), six = resolve("::1", 8080);
	assert_int_equal(four.ss_family, AF_INET);
	assert_int_equal(address_port(&four), 80);
	assert_int_equal(six.ss_family, AF_INET6);
	assert_int_equal(address_port(&six), 8080);
}

static void equal_means_address_and_port(void **state)
{
	struct sockaddr_storage a = resolve("127.0.0.1", 80), same = resolve("127.0.0.1", 80);
	struct sockaddr_storage port = resolve("127.0.0.1", 81), host = resolve("127.0.0.2", 80);
	struct sockaddr_storage six = resolve("::1", 80), six_same = resolve("::1", 80), six_other = resolve("::2", 80);
	assert_true(address_equal(&a, &same));
	assert_false(address_equal(&a, &port));
	assert_false(address_equal(&a, &host));
	assert_false(address_equal(&a, &six));
	assert_true(address_equal(&six, &six_same));
	assert_false(address_equal(&six, &six_other));
}

static void a_name_that_is_none_is_the_systems_word(void **state)
{
	struct sockaddr_storage a;
	socklen_t length;
	struct err err = {0};
	assert_true(address_resolve("no-such-host.invalid", 80, &a, &length, &err) < 0);
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_non_null(strstr(err.text, "no-such-host.invalid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_need_no_lookup),
		cmocka_unit_test(equal_means_address_and_port),
		cmocka_unit_test(a_name_that_is_none_is_the_systems_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
