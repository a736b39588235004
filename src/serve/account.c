// SPDX-License-Identifier: Apache-2.0
#include "account.h"

#include "base/clock.h"
#include "base/units.h"
#include "server.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct account {
	struct counts counts;
	struct lameduck_report report;
	uint64_t cut;
	int64_t after_ns;
};

static void account_print_text(const struct server *s, const struct account *a)
{
	const struct counts *c = &a->counts;
	char after[UNITS_SIZE];
	fprintf(stderr,
		"zerodrop serve: on-term=%s served=%" PRIu64 " closed=%" PRIu64 " closed-idle=%" PRIu64 " cut=%" PRIu64,
		serve_on_term_name(s->config->on_term), c->served, c->closed, c->closed_idle, a->cut);
	for (enum cut cut = CUT_UNREAD; cut < CUT_KINDS; cut++)
		if (c->cut[cut])
			fprintf(stderr, " cut-%s=%" PRIu64, counts_cut_name(cut), c->cut[cut]);
	fprintf(stderr, " left=%" PRIu64 " after=%s\n", c->left, units_write_duration(a->after_ns, after));
}

static json_t *json_number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *json_seconds(int64_t ns)
{
	return json_real((double)ns / NS_PER_S);
}

static json_t *account_json(const struct server *s, const struct account *a)
{
	const struct counts *c = &a->counts;
	json_t *root = json_object(), *cut = json_object();
	json_object_set_new(root, "pod", json_string(s->config->pod));
	json_object_set_new(root, "version", json_string(s->config->version));
	json_object_set_new(root, "on_term", json_string(serve_on_term_name(s->config->on_term)));
	json_object_set_new(root, "why", json_string(lameduck_why_name(a->report.why)));
	json_object_set_new(root, "served", json_number(c->served));
	json_object_set_new(root, "closed", json_number(c->closed));
	json_object_set_new(root, "closed_idle", json_number(c->closed_idle));
	json_object_set_new(root, "cut", json_number(a->cut));
	for (enum cut kind = CUT_UNREAD; kind < CUT_KINDS; kind++)
		json_object_set_new(cut, counts_cut_name(kind), json_number(c->cut[kind]));
	json_object_set_new(root, "cut_at", cut);
	json_object_set_new(root, "left", json_number(c->left));
	json_object_set_new(root, "lame_duck_s", json_seconds(a->report.lame_ns));
	json_object_set_new(root, "drain_s", json_seconds(a->report.drain_ns));
	json_object_set_new(root, "after_s", json_seconds(a->after_ns));
	return root;
}

int account_print(const struct server *s)
{
	struct account a = {.after_ns = lameduck_since_term_ns(s->duck)};
	server_count(s, &a.counts);
	lameduck_get_report(s->duck, &a.report);
	a.cut = counts_sum_cut(&a.counts);
	if (s->config->as_json) {
		json_t *root = account_json(s, &a);
		json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		putchar('\n');
		json_decref(root);
	} else {
		account_print_text(s, &a);
	}
	return a.cut && s->config->on_term != SERVE_EXIT ? STATUS_LOST : STATUS_OK;
}
