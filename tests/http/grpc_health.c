// SPDX-License-Identifier: Apache-2.0
#include "h2_pair.h"

#include "http/grpc_health.h"

#define CHECK "/grpc.health.v1.Health/Check"

static const struct grpc_service services[] = {{"", true}, {"liveness", true}, {"readiness", false}};

/* The bytes with their NULs, in memory of their own size. */
static struct grpc_reply ask_health(const char *path, const char *bytes, size_t length)
{
	char *data = length ? memcpy(malloc(length), bytes, length) : NULL;
	struct text content = {.data = data, .length = length, .capacity = length, .max = GRPC_HEALTH_REQUEST_MAX};
	struct grpc_reply reply = grpc_health_check(path, &content, services, 3);
	free(data);
	return reply;
}

#define ASK(bytes) ask_health(CHECK, bytes, sizeof(bytes) - 1)

static void assert_serving(struct grpc_reply reply, char status)
{
	const char wanted[] = {0, 0, 0, 0, 2, 8, status};
	assert_int_equal(reply.status, GRPC_OK);
	assert_int_equal(reply.length, sizeof wanted);
	assert_memory_equal(reply.content, wanted, sizeof wanted);
}

static void known_services_say_whether_they_serve(void **state)
{
	assert_serving(ASK("\0\0\0\0\0"), 1);
	assert_serving(ASK("\0\0\0\0\2\12\0"), 1);
	assert_serving(ASK("\0\0\0\0\12\12\10liveness"), 1);
	assert_serving(ASK("\0\0\0\0\13\12\11readiness"), 2);
	/* The last one counts; numbers, long and short, and other texts are passed over. */
	assert_serving(ASK("\0\0\0\0\15\12\0\12\11readiness"), 2);
	assert_serving(ASK("\0\0\0\0\15\12\11readiness\12\0"), 1);
	assert_serving(ASK("\0\0\0\0\37\20\200\200\1\31abcdefgh\45abcd\52\1x\12\10liveness"), 1);
}

static void what_is_not_known_is_said(void **state)
{
	assert_int_equal(ASK("\0\0\0\0\12\12\10livenes_").status, GRPC_NOT_FOUND);
	assert_int_equal(ASK("\0\0\0\0\11\12\7livenes").status, GRPC_NOT_FOUND);
	assert_int_equal(ask_health("/grpc.health.v1.Health/Watch", "\0\0\0\0\0", 5).status, GRPC_UNIMPLEMENTED);
	assert_int_equal(ask_health("/", "\0\0\0\0\0", 5).status, GRPC_UNIMPLEMENTED);
	assert_int_equal(ASK("\1\0\0\0\0").status, GRPC_UNIMPLEMENTED);
}

static void what_is_malformed_is_said(void **state)
{
	assert_int_equal(ASK("").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\1").status, GRPC_INTERNAL);           /* cut */
	assert_int_equal(ASK("\0\0\0\0\0\0\0\0\0\0").status, GRPC_INTERNAL); /* two */
	assert_int_equal(ASK("\0\377\377\377\377x").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\2\12\1").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\1\12").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\2\2\0").status, GRPC_INTERNAL);   /* field 0 */
	assert_int_equal(ASK("\0\0\0\0\2\13\14").status, GRPC_INTERNAL); /* a group */
	assert_int_equal(ASK("\0\0\0\0\4\31abc").status, GRPC_INTERNAL); /* half a number */
	assert_int_equal(ASK("\0\0\0\0\3\20\200\200").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\14\20\377\377\377\377\377\377\377\377\377\377\1").status, GRPC_INTERNAL);
	assert_int_equal(ASK("\0\0\0\0\13\12\377\377\377\377\377\377\377\377\377\1").status, GRPC_INTERNAL);
	auto_text content = TEXT_INIT(GRPC_HEALTH_REQUEST_MAX);
	char large[GRPC_HEALTH_REQUEST_MAX + 1] = "";
	text_append(&content, large, sizeof large);
	assert_int_equal(grpc_health_check(CHECK, &content, services, 3).status, GRPC_RESOURCE_EXHAUSTED);
}

static void its_content_type_tells(void **state)
{
	assert_true(grpc_is_request("application/grpc"));
	assert_true(grpc_is_request("application/grpc+proto"));
	assert_true(grpc_is_request("Application/GRPC;charset=utf-8"));
	assert_false(grpc_is_request("application/grpc-web"));
	assert_false(grpc_is_request("application/json"));
	assert_false(grpc_is_request(NULL));
}

static void answer_health(struct h2_request *r, void *data)
{
	auto_text content = TEXT_INIT(GRPC_HEALTH_REQUEST_MAX);
	text_append(&content, "\0\0\0\0\0", 5);
	assert_true(grpc_is_request(r->values[1]));
	struct grpc_reply reply = grpc_health_check(r->path, &content, services, 3);
	assert_int_equal(grpc_reply_send(&reply, r), 0);
}

static void the_status_comes_in_trailers(void **state)
{
	struct pair p;
	pair_init(&p);
	p.config.on_request = answer_health;
	(void)ask(&p, "POST", CHECK, "content-type", "application/grpc", NULL);
	talk(&p);
	assert_string_equal(text_str(&p.heard),
			    "1 :status: 200\n1 content-type: application/grpc\n1 grpc-accept-encoding: identity\n"
			    "1 grpc-status: 0\n1 closed NO_ERROR\n");
	assert_int_equal(p.content.length, GRPC_HEALTH_REPLY_SIZE);
	text_reset(&p.heard);
	(void)ask(&p, "POST", "/other", "content-type", "application/grpc", NULL);
	talk(&p);
	assert_non_null(strstr(text_str(&p.heard), "3 grpc-status: 12\n3 grpc-message: unknown method\n3 closed"));
	pair_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_services_say_whether_they_serve),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(what_is_malformed_is_said),
		cmocka_unit_test(its_content_type_tells),
		cmocka_unit_test(the_status_comes_in_trailers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
