// SPDX-License-Identifier: Apache-2.0
/* ingress.c - a real nginx in its own namespace, reloaded when the ingress plane learns of new endpoints.
 *
 * It balances straight to pod addresses, as ingress controllers do. Each answer carries in X-Zerodrop-Upstream which
 * pods were tried and how long each took to connect, so that a 502 can be laid at the right pod's door, for the right
 * reason.
 */
#include "state.h"

#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_MAX (4 << 20)

struct ingress_server {
	struct lab *lab;
	int netns;
	uint32_t address;
	const struct ingress *spec;
	struct process *nginx;
	struct check *look; /* does it listen yet? */
	struct later look_again;
	bool is_up;
	char config[96];
};

/* The first Ingress with a path to the Service of the target. */
static const struct ingress_path *target_path(struct lab *lab, const struct ingress **ret_ingress)
{
	const struct backend *b = service_of_target(lab);
	for (size_t i = 0; b && i < lab->manifest->ingress_count; i++) {
		const struct ingress *ingress = &lab->manifest->ingresses[i];
		for (size_t k = 0; k < ingress->path_count; k++) {
			if (strcmp(ingress->paths[k].service, b->spec->name) ||
			    strcmp(ingress->namespace, b->spec->namespace))
				continue;
			*ret_ingress = ingress;
			return &ingress->paths[k];
		}
	}
	return NULL;
}

static const struct service_port *service_port(const struct service *s, const struct int_or_string *port)
{
	for (size_t i = 0; i < s->port_count; i++)
		if (port->is_name ? !strcmp(s->ports[i].name, port->name) : s->ports[i].port == port->number)
			return &s->ports[i];
	return NULL;
}

static void write_upstream(struct text *t, const struct ingress_server *s, size_t path)
{
	struct lab *lab = s->lab;
	const struct plane *plane = &lab->planes[lab->plane_count - 1];
	struct backend *b = service_find(lab, s->spec->paths[path].service, s->spec->namespace);
	const struct service_port *port = b ? service_port(b->spec, &s->spec->paths[path].port) : NULL;
	text_printf(t, "\tupstream u%zu {\n", path);
	int n = 0;
	struct pod **pods = b ? plane->active[b - lab->backends] : NULL;
	for (; port && pods && *pods; pods++, n++)
		text_printf(t, "\t\tserver %s:%lld max_fails=0;\n", (*pods)->info.ip,
			    (long long)pod_port(&(*pods)->deployment->pod, &port->target_port));
	/* nginx takes no empty upstream; a controller answers 503 then. */
	if (n == 0)
		text_add(t, "\t\tserver 127.0.0.1:1 down;\n");
	text_add(t, "\t\tkeepalive 64;\n\t}\n");
}

static void write_locations(struct text *t, const struct ingress_server *s, const char *host)
{
	for (size_t i = 0; i < s->spec->path_count; i++) {
		const struct ingress_path *p = &s->spec->paths[i];
		if (strcmp(p->host, host))
			continue;
		text_printf(t, "\t\tlocation %s%s { proxy_pass http://u%zu; }\n", p->exact ? "= " : "", p->path, i);
	}
}

static void write_servers(struct text *t, const struct ingress_server *s)
{
	for (size_t i = 0; i < s->spec->path_count; i++) {
		const char *host = s->spec->paths[i].host;
		bool seen = false;
		for (size_t k = 0; k < i; k++)
			seen = seen || !strcmp(s->spec->paths[k].host, host);
		if (seen)
			continue;
		text_printf(t, "\tserver {\n\t\tlisten 80%s reuseport backlog=4096;\n\t\tserver_name %s;\n",
			    *host ? "" : " default_server", *host ? host : "_");
		write_locations(t, s, host);
		text_add(t, "\t}\n");
	}
}

static int write_config(const struct ingress_server *s, struct err *err)
{
	auto_text t = TEXT_INIT(CONFIG_MAX);
	const char *folder = s->lab->folder;
	text_printf(&t,
		    "daemon off;\nworker_processes 1;\nuser root;\npid %s/nginx.pid;\nerror_log stderr crit;\n"
		    "events { worker_connections 16384; }\nhttp {\n\taccess_log off;\n"
		    "\tclient_body_temp_path %s/body;\n\tproxy_temp_path %s/proxy;\n\tfastcgi_temp_path %s/fcgi;\n"
		    "\tuwsgi_temp_path %s/uwsgi;\n\tscgi_temp_path %s/scgi;\n"
		    "\tproxy_http_version 1.1;\n\tproxy_set_header Connection \"\";\n\tproxy_set_header Host $host;\n"
		    "\tproxy_connect_timeout 5s;\n\tkeepalive_requests 1000000;\n\tserver_names_hash_bucket_size 128;\n"
		    "\tadd_header X-Zerodrop-Upstream \"$upstream_addr @ $upstream_connect_time\" always;\n",
		    folder, folder, folder, folder, folder, folder);
	if (s->lab->config->ingress_retries)
		text_add(&t, "\tproxy_next_upstream error timeout;\n\tproxy_next_upstream_tries 3;\n");
	else
		text_add(&t, "\tproxy_next_upstream off;\n");
	for (size_t i = 0; i < s->spec->path_count; i++)
		write_upstream(&t, s, i);
	write_servers(&t, s);
	text_add(&t, "}\n");
	auto_close int fd = open(s->config, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, t.data, t.length) != (ssize_t)t.length)
		return err_system(err, errno, "cannot write %s", s->config);
	return 0;
}

static void nginx_exited(struct process *p, int status, void *data)
{
	struct ingress_server *s = data;
	s->nginx = NULL;
	struct err err = {0};
	err_system(&err, 0, "the ingress (nginx) ended with status %d: %s", status, process_last_line(p));
	lab_fail(s->lab, &err);
}

static void looked(int status, const char *why, void *data)
{
	struct ingress_server *s = data;
	s->look = NULL;
	s->is_up = !*why;
	if (s->is_up)
		lab_check_ready(s->lab);
	else
		later_start(&s->look_again, 20 * NS_PER_MS);
}

static void look(void *data)
{
	struct ingress_server *s = data;
	struct check_spec to = {.netns = netns_home(), .address = s->address, .port = 80, .timeout_ns = NS_PER_S};
	s->look = check_start(s->lab->loop, &to, looked, s);
}

bool ingress_is_up(const struct ingress_server *s)
{
	return !s || s->is_up;
}

static int start_nginx(struct ingress_server *s, struct err *err)
{
	char *argv[] = {"nginx", "-c", s->config, "-g", "error_log stderr crit;", NULL};
	struct process_spec spec = {.argv = argv, .environment = environ, .net = s->netns, .uts = -1, .log = -1};
	/* Its own files are in our /run: it is ours, no container. */
	spec.keep_run = true;
	s->nginx = process_start(s->lab->loop, &spec, nginx_exited, s, err);
	if (!s->nginx)
		return -EIO;
	look(s);
	return 0;
}

int ingress_apply(struct lab *lab, struct err *err)
{
	struct ingress_server *s = lab->ingress;
	int rc = write_config(s, err);
	if (rc < 0)
		return rc;
	if (!s->nginx)
		return start_nginx(s, err);
	process_signal(s->nginx, SIGHUP);
	return 0;
}

int ingress_start(struct lab *lab, struct err *err)
{
	struct ingress_server *s = memory_new(1, sizeof *s);
	*s = (struct ingress_server){.lab = lab, .netns = -1};
	lab->ingress = s;
	later_init(&s->look_again, lab->loop, look, s);
	snprintf(s->config, sizeof s->config, "%s/nginx.conf", lab->folder);
	if (!target_path(lab, &s->spec))
		return err_input(err, "--via ingress: no Ingress leads to deployment/%s", lab->config->target->name);
	return wire_add_ingress(&lab->wire, &s->netns, &s->address, err);
}

int ingress_targets(struct lab *lab, struct load_config *load, struct err *err)
{
	const struct ingress *spec;
	const struct ingress_path *path = target_path(lab, &spec);
	struct load_target *t = &load->targets[load->target_count++];
	struct sockaddr_in to = {AF_INET, htons(80), {lab->ingress->address}, {0}};
	memcpy(&t->address, &to, sizeof to);
	t->address_length = sizeof to;
	snprintf(t->name, sizeof t->name, "ingress");
	snprintf(lab->host_header, sizeof lab->host_header, "%s", path && *path->host ? path->host : "ingress");
	load->upstream_header = "X-Zerodrop-Upstream";
	return 0;
}

void ingress_stop(struct ingress_server *s)
{
	if (!s)
		return;
	later_close(&s->look_again);
	check_cancel(s->look);
	s->look = NULL;
	process_destroy(s->nginx);
	s->nginx = NULL;
	fd_close(&s->netns);
}

void ingress_destroy(struct ingress_server *s)
{
	free(s);
}
