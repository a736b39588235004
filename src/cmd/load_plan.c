// SPDX-License-Identifier: Apache-2.0
#include "load_plan.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "load/notes.h"
#include "load/versions.h"
#include "load_tls.h"
#include "net/address.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/url.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (64 * 1024 * 1024)
#define DURATION_NS (10 * NS_PER_S)
#define CONNECTIONS 10

/* What --resolve says; each has to lead somewhere, or a slip of the pen would load another server. */
struct plan_names {
	struct resolve *all;
	bool *used;
	size_t count;
};

static int names_read(struct plan_names *n, char *const *words, struct err *err)
{
	n->count = words_count(words);
	n->all = memory_new(n->count + 1, sizeof *n->all);
	n->used = memory_new(n->count + 1, sizeof *n->used);
	for (size_t i = 0; i < n->count; i++) {
		int rc = resolve_parse(words[i], &n->all[i], err);
		if (rc < 0) {
			err_wrap(err, "--resolve");
			return rc;
		}
	}
	return 0;
}

static int names_check(const struct plan_names *n, char *const *words, struct err *err)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->used[i])
			return err_input(err, "--resolve: '%s' is for none of the URLs", words[i]);
	return 0;
}

static void names_finish(struct plan_names *n)
{
	free(n->all);
	free(n->used);
}

static int names_find(struct plan_names *n, const struct url *url, struct load_target *t, struct err *err)
{
	for (size_t i = 0; i < n->count; i++) {
		if (!resolve_matches(&n->all[i], url->host, url->port))
			continue;
		n->used[i] = true;
		t->address = n->all[i].address;
		t->address_length = n->all[i].address_length;
		return 0;
	}
	return address_resolve(url->host, url->port, &t->address, &t->address_length, err);
}

static bool is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

static int plan_add_target(struct load_plan *p, struct plan_names *names, const char *word, struct err *err)
{
	struct load_config *c = &p->config;
	int i = c->target_count;
	if (i == LOAD_TARGETS_MAX)
		return err_input(err, "more than %d URLs", LOAD_TARGETS_MAX);
	if (is_number(word)) /* hey's -q 100 */
		return err_input(err,
				 "'%s' is not a URL; a number goes with -r (rate), -c (connections) or -n (requests)",
				 word);
	struct url url = {0};
	int rc = url_parse(word, &url, err);
	if (rc < 0)
		return rc;
	struct load_target *t = &c->targets[i];
	rc = names_find(names, &url, t, err);
	if (rc == 0) {
		t->host_header = p->hosts[i] = url_host_header(&url);
		t->path = p->paths[i] = memory_copy(url.path);
		t->tls_host = p->tls_hosts[i] = url.is_tls ? memory_copy(url.host) : NULL;
		snprintf(t->name, sizeof t->name, "%s", url.host);
		p->is_local = p->is_local || notes_is_local(t);
		c->target_count++;
	}
	url_finish(&url);
	return rc;
}

static int plan_add_targets(struct load_plan *p, struct plan_names *names, char **words, struct err *err)
{
	auto_text all = TEXT_INIT(LOAD_TARGETS_MAX * (URL_MAX + 1));
	if (!words[0])
		return err_input(err, "which URL? (see --help)");
	p->hosts = memory_new(LOAD_TARGETS_MAX, sizeof *p->hosts);
	p->paths = memory_new(LOAD_TARGETS_MAX, sizeof *p->paths);
	p->tls_hosts = memory_new(LOAD_TARGETS_MAX, sizeof *p->tls_hosts);
	for (char **w = words; *w; w++) {
		int rc = plan_add_target(p, names, *w, err);
		if (rc < 0)
			return rc;
		text_printf(&all, "%s%s", w == words ? "" : " ", *w);
	}
	p->url = text_steal(&all);
	return 0;
}

static int plan_take_urls(struct load_plan *p, const struct load_options *o, char **words, struct err *err)
{
	struct plan_names names = {0};
	int rc = names_read(&names, o->resolve, err);
	if (rc == 0)
		rc = plan_add_targets(p, &names, words, err);
	if (rc == 0)
		rc = names_check(&names, o->resolve, err);
	names_finish(&names);
	return rc;
}

static int plan_take_body(struct load_plan *p, const char *word, struct err *err)
{
	struct load_config *c = &p->config;
	if (!word)
		return 0;
	if (word[0] != '@') {
		c->body = word;
		c->body_length = strlen(word);
		return 0;
	}
	const char *path = word + 1;
	bool is_stdin = !strcmp(path, "-");
	auto_close int fd = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (!is_stdin && fd == -1)
		return err_input(err, "--body: cannot read %s: %s", path, strerror(errno));
	auto_text body = TEXT_INIT(BODY_MAX);
	int rc = text_read_fd(&body, is_stdin ? STDIN_FILENO : fd);
	if (rc < 0)
		return err_input(err, "--body: cannot read %s: %s", path, strerror(-rc));
	c->body_length = body.length;
	c->body = p->body = text_steal(&body);
	return 0;
}

static void plan_take_options(struct load_plan *p, const struct load_options *o)
{
	struct load_config *c = &p->config;
	c->method = o->method ? o->method : o->body ? "POST" : "GET";
	c->headers = (const char *const *)o->headers;
	c->rate = o->rate;
	c->arrivals = o->arrivals;
	c->seed = (uint64_t)o->seed;
	c->fresh = o->fresh;
	c->keepalive = o->keepalive || !o->fresh;
	c->connections = o->connections || o->rate > 0 ? o->connections : CONNECTIONS;
	c->requests = o->requests;
	c->duration_ns = o->duration_ns || o->requests ? o->duration_ns : DURATION_NS;
	c->timeout_ns = o->timeout_ns;
	c->connect_timeout_ns = o->connect_timeout_ns;
	c->pod_header = o->pod_header;
	c->protocol = o->http1 ? LOAD_HTTP1 : o->http2 ? LOAD_HTTP2 : LOAD_AUTO;
	c->streams = o->streams;
	c->expect_body = o->expect_body;
	c->version_header = o->version_header;
	c->version_body = o->version_body;
	if (o->version_header || o->version_body)
		c->versions = p->versions = versions_create();
	if (o->expect.is_set) {
		c->expects = expect_matches;
		c->expects_data = (void *)&o->expect;
	}
}

int load_plan_make(const struct load_options *options, char **urls, struct load_plan *ret_plan, struct err *err)
{
	struct load_plan p = {0};
	plan_take_options(&p, options);
	int rc = plan_take_urls(&p, options, urls, err);
	if (rc == 0)
		rc = plan_take_body(&p, options->body, err);
	if (rc == 0)
		rc = load_tls_create(options, &p.config, err);
	if (rc < 0) {
		load_plan_finish(&p);
		return rc;
	}
	*ret_plan = p;
	return 0;
}

void load_plan_finish(struct load_plan *p)
{
	for (int i = 0; i < p->config.target_count; i++) {
		free((char *)p->hosts[i]);
		free((char *)p->paths[i]);
		free((char *)p->tls_hosts[i]);
	}
	free(p->hosts);
	free(p->paths);
	free(p->tls_hosts);
	tls_context_destroy(p->config.tls);
	free(p->body);
	free(p->url);
	versions_destroy(p->versions);
}
