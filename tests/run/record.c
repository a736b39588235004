// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/text.h"
#include "run/record.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct timeline *read_text(const char *data, size_t length, struct err *err)
{
	struct timeline *t = NULL;
	FILE *in = fmemopen((void *)data, length ? length : 1, "r");
	assert_non_null(in);
	if (!length)
		(void)fgetc(in); /* fmemopen takes no empty text */
	int result = record_read_stream(in, "a.run", &t, err);
	(void)fclose(in);
	assert_int_equal(result < 0, t == NULL);
	return t;
}

static char *write_text(const struct timeline *t)
{
	char *data = NULL;
	size_t length;
	FILE *out = open_memstream(&data, &length);
	assert_int_equal(record_write(out, t, NULL), 0);
	(void)fclose(out);
	return data;
}

static const char small[] =
	"{\"zerodrop\":1,\"kind\":\"meta\",\"started_wall\":1767323045000000000,\"facts\":{\"deployment\":\"shop\","
	"\"replicas\":2,"
	"\"targets\":[\"node-1\"],\"rate\":50.5}}\n"
	"{\"kind\":\"plane\",\"plane\":0,\"type\":\"node\",\"name\":\"node-1\"}\n"
	"{\"kind\":\"pod\",\"pod\":0,\"name\":\"shop-a\",\"ip\":\"10.0.0.1\",\"node\":1,\"revision\":1}\n"
	"{\"kind\":\"event\",\"at\":\"1s\",\"event\":\"pod/deleted\",\"pod\":0,\"value\":\"30s\"}\n"
	"{\"kind\":\"bucket\",\"at\":0,\"ok\":3,\"sum\":300,\"max\":120,\"longest\":110,\"latency\":[[80,2],[100,1]],"
	"\"pods\":[[0,3,1000,5000,4000]]}\n"
	"{\"kind\":\"failure\",\"failure\":\"status/"
	"503\",\"started\":1200,\"ended\":1300,\"scheduled\":1100,\"connection\":7,"
	"\"served\":2,\"idle\":9,\"fresh\":true,\"local_port\":43112,\"remote_port\":80,\"sent\":10,\"received\":11,"
	"\"upstream\":\"10.0.0.1:8080\"}\n"
	"{\"kind\":\"end\",\"scheduled\":4,\"ok\":3,\"failed\":1,\"opened\":2,\"late\":[[5,4]],\"started\":1,\"ended\":"
	"2000}\n";

static void reads_what_is_there(void **state)
{
	struct err err = {0};
	struct timeline *t = read_text(small, strlen(small), &err);
	assert_non_null(t);
	assert_string_equal(t->facts.deployment, "shop");
	assert_true(t->facts.rate == 50.5);
	assert_int_equal(t->ok, 3);
	assert_int_equal(t->failed, 1);
	assert_int_equal(t->pods[0].ok, 3);
	assert_int_equal(t->pods[0].last_ok_ns, 5000);
	assert_int_equal(t->pods[0].failed, 1);
	assert_int_equal(t->latency.count, 3);
	assert_int_equal(t->latency.max_ns, 120);
	assert_int_equal(t->events[0].at_ns, NS_PER_S);
	assert_int_equal(t->failures[0].outcome.kind, OUTCOME_STATUS);
	assert_int_equal(t->failures[0].outcome.status, 503);
	assert_int_equal(t->failures[0].outcome.local_port, 43112);
	assert_int_equal(t->failures[0].plane, 0);
	assert_true(t->is_complete);
	assert_int_equal(t->totals.lateness.count, 4);
	assert_int_equal(t->cut_line, 0);
	timeline_destroy(t);
}

static void what_was_read_is_written_the_same(void **state)
{
	struct err err = {0};
	struct timeline *first = read_text(small, strlen(small), &err);
	char *a = write_text(first);
	struct timeline *second = read_text(a, strlen(a), &err);
	assert_non_null(second);
	char *b = write_text(second);
	assert_string_equal(a, b);
	assert_non_null(strstr(a, "\"local_port\":43112"));
	free(a);
	free(b);
	timeline_destroy(first);
	timeline_destroy(second);
}

/* Whatever the instant at which a run is killed: all whole lines count, and the cut one is said. */
static void a_cut_anywhere_is_survived(void **state)
{
	size_t first_line = (size_t)(strchr(small, '\n') - small);
	for (size_t length = 0; length < strlen(small); length++) {
		struct err err = {0};
		struct timeline *t = read_text(small, length, &err);
		if (length < first_line) {
			assert_null(t);
			assert_int_equal(err.kind, ERR_INPUT);
			assert_int_equal(strncmp(err.text, "a.run:1: ", 9), 0);
			continue;
		}
		assert_non_null(t);
		int whole = 0;
		for (size_t i = 0; i < length; i++)
			whole += small[i] == '\n';
		bool at_end = small[length] == '\n' || (length && small[length - 1] == '\n');
		assert_int_equal(t->cut_line, at_end ? 0 : whole + 1);
		timeline_destroy(t);
	}
}

static void junk_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{"{\"kind\":\"pod\"}", "a.run:2: 'pod' is missing"},
		{"{\"kind\":\"cow\"}", "a.run:2: 'kind' is not a kind of line"},
		{"{\"kind\":\"pod\",\"pod\":0,\"nam\":\"x\"}", "a.run:2: 'nam' is no field of this line"},
		{"{\"kind\":\"event\",\"at\":0,\"event\":\"pod/eaten\"}",
		 "a.run:2: 'event' is not the name of an event"},
		{"{\"kind\":\"event\",\"at\":0,\"event\":\"pod/ready\",\"pod\":0}", "a.run:2: 'pod' is not"},
		{"{\"kind\":\"event\",\"at\":\"soon\",\"event\":\"pod/ready\"}", "a.run:2: 'at' is not a time"},
		{"{\"kind\":\"failure\",\"failure\":\"ok\",\"started\":0,\"ended\":0}", "a.run:2: 'failure' is not"},
		{"{\"kind\":\"bucket\",\"at\":0,\"ok\":1,\"latency\":[[99999,1]]}", "a.run:2: 'latency' is not"},
		{"{\"kind\":\"bucket\",\"at\":0,\"ok\":1,\"latency\":[[9,2]]}", "a.run:2: 'ok' is not"},
		{"{\"kind\":\"attribution\",\"failure\":0,\"pod\":0}", "a.run:2: 'pod' is not"},
		{"{\"kind\":\"failure\",\"failure\":\"status/84\",\"started\":0,\"ended\":0}",
		 "a.run:2: 'failure' is not"},
		{"[]", "a.run:2: not an object"},
		{"{\"kind\":\"end\"}\n{\"kind\":\"end\"}", "a.run:3: a line after the end"},
		{"{\"kind\":\"pod\",\"pod\":0,\"pod\":1}", "a.run:2: column"},
		{"", "a.run:2: column"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_text data = TEXT_INIT(4096);
		text_printf(&data, "{\"zerodrop\":1,\"kind\":\"meta\"}\n%s\n", cases[i].line);
		struct err err = {0};
		assert_null(read_text(text_str(&data), data.length, &err));
		assert_int_equal(err_status(&err), STATUS_USAGE);
		if (strncmp(err.text, cases[i].said, strlen(cases[i].said)))
			fail_msg("%s: said '%s'", cases[i].line, err.text);
	}
}

static void other_files_are_no_records(void **state)
{
	static const char *const others[] = {"hello\n", "{}\n", "{\"zerodrop\":2,\"kind\":\"meta\"}\n",
					     "{\"kind\":\"meta\"}\n"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct err err = {0};
		assert_null(read_text(others[i], strlen(others[i]), &err));
		assert_int_equal(err_status(&err), STATUS_USAGE);
	}
}

/* A server may answer with any three digits: what was written must be readable. */
static void an_odd_status_is_read_back(void **state)
{
	struct timeline *t = timeline_create(&(struct run_facts){0}, 0, 0);
	for (int status = 0; status < 1000; status += 84)
		timeline_outcome(t, &(struct outcome){.kind = OUTCOME_STATUS, .status = status}, EVENT_NONE);
	timeline_finish(t, NULL);
	char *data = write_text(t);
	struct err err = {0};
	struct timeline *again = read_text(data, strlen(data), &err);
	assert_non_null(again);
	assert_int_equal(again->failures[1].outcome.status, 84);
	free(data);
	timeline_destroy(t);
	timeline_destroy(again);
}

static int second_pod(const struct outcome *o, void *data)
{
	return 1;
}

static void record_of_a_live_run(const char *path)
{
	struct err err = {0};
	struct run_config config = {.facts = {.replicas = 2}, .record_path = path};
	struct run *r = run_create(&config, &err);
	assert_non_null(r);
	int64_t now = run_timeline(r)->start_ns;
	run_pod(r, 0, &(struct cluster_pod){.name = "shop-a", .revision = 1});
	run_pod(r, 1, &(struct cluster_pod){.name = "shop-\xff", .revision = 2});
	run_event(r, &(struct event){
			     .at_ns = now + 5, .kind = EVENT_NOTE, .pod = 1, .plane = EVENT_NONE, .detail = "caf\xc3"});
	for (int i = 0; i < 10; i++)
		run_outcome(r,
			    &(struct outcome){.scheduled_ns = now + i * 40 * NS_PER_MS,
					      .started_ns = now + i * 40 * NS_PER_MS,
					      .ended_ns = now + i * 40 * NS_PER_MS + 1000,
					      .pod = "shop-a"},
			    EVENT_NONE);
	run_outcome(r,
		    &(struct outcome){
			    .kind = OUTCOME_WAIT_RESET, .started_ns = now + 7, .ended_ns = now + 9, .pod = "shop-a"},
		    EVENT_NONE);
	assert_int_equal(run_tick(r, &err), 0);
	const struct verdict *v =
		run_finish(r, &(struct load_totals){.scheduled = 11, .ok = 10, .failed = 1}, second_pod, NULL, &err);
	assert_int_equal(v->lost, 1);
	assert_int_equal(err.kind, ERR_NONE);
	run_destroy(r);
}

static void a_live_run_is_read_back(void **state)
{
	char path[] = "/tmp/zerodrop-record-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	record_of_a_live_run(path);
	struct err err = {0};
	struct timeline *t = NULL;
	assert_int_equal(record_read(path, &t, &err), 0);
	assert_int_equal(t->ok, 10);
	assert_int_equal(t->bucket_count, 4);
	assert_int_equal(t->pods[0].ok, 10);
	assert_int_equal(t->pods[0].first_ok_ns, 1000);
	assert_int_equal(t->failures[0].pod, 1); /* as pod_of said, not as the header did */
	assert_string_equal(t->pods[1].pod.name, "shop-?");
	assert_string_equal(t->events[0].detail, "caf?");
	assert_int_equal(t->events[0].at_ns, 5);
	timeline_destroy(t);
	(void)unlink(path);
}

static void a_full_disk_is_said_and_survived(void **state)
{
	struct err err = {0};
	struct run_config config = {.record_path = "/dev/full"};
	if (access("/dev/full", W_OK))
		skip();
	assert_null(run_create(&config, &err));
	assert_int_equal(err_status(&err), STATUS_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_there),        cmocka_unit_test(what_was_read_is_written_the_same),
		cmocka_unit_test(a_cut_anywhere_is_survived), cmocka_unit_test(junk_is_refused_with_its_place),
		cmocka_unit_test(other_files_are_no_records), cmocka_unit_test(an_odd_status_is_read_back),
		cmocka_unit_test(a_live_run_is_read_back),    cmocka_unit_test(a_full_disk_is_said_and_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
