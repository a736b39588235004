// SPDX-License-Identifier: Apache-2.0
/* command.c - what runs in a container: its command line and its environment. */
#include "state.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD_MAX (128 * 1024)

/* ---- environment ---- */

static const char *find(char *const *environment, const char *name, size_t length)
{
	/* The last one counts. */
	const char *value = NULL;
	for (; *environment; environment++)
		if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
			value = *environment + length + 1;
	return value;
}

/* Kubernetes' own references: $(NAME); $$ is one $; what is not known stays as it is. */
static char *expand(const char *word, char *const *environment)
{
	struct text t = TEXT_INIT(WORD_MAX);
	while (*word) {
		const char *end = word[0] == '$' && word[1] == '(' ? strchr(word, ')') : NULL;
		const char *value = end ? find(environment, word + 2, (size_t)(end - word - 2)) : NULL;
		if (word[0] == '$' && word[1] == '$') {
			text_add(&t, "$");
			word += 2;
		} else if (value) {
			text_add(&t, value);
			word = end + 1;
		} else {
			text_append(&t, word++, 1);
		}
	}
	return text_steal(&t);
}

static const char *label_value(const struct labels *labels, const char *key, size_t length)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strlen(labels->items[i].key) == length && !memcmp(labels->items[i].key, key, length))
			return labels->items[i].value;
	return "";
}

/* metadata.labels['key'] */
static const char *field_subscript(const struct pod *p, const char *path)
{
	const char *key = strchr(path, '\'');
	const char *end = key ? strchr(key + 1, '\'') : NULL;
	if (!end)
		return "";
	bool labels = !strncmp(path, "metadata.labels", 15);
	return label_value(labels ? &p->deployment->pod.labels : &p->deployment->pod.annotations, key + 1,
			   (size_t)(end - key - 1));
}

static char *field(const struct pod *p, const char *path)
{
	char node[32];
	snprintf(node, sizeof node, "node-%d", p->info.node);
	if (!strcmp(path, "metadata.name"))
		return memory_copy(p->info.name);
	if (!strcmp(path, "metadata.namespace"))
		return memory_copy(p->deployment->namespace);
	if (!strcmp(path, "metadata.uid"))
		return memory_printf("00000000-0000-4000-8000-%012x", (unsigned)p->index);
	if (!strcmp(path, "spec.nodeName"))
		return memory_copy(node);
	if (!strcmp(path, "spec.serviceAccountName"))
		return memory_copy("default");
	if (!strncmp(path, "status.hostIP", 13)) {
		uint32_t address = p->lab->wire.nodes[p->info.node - 1].address;
		return memory_copy(inet_ntoa((struct in_addr){address}));
	}
	if (!strncmp(path, "status.podIP", 12))
		return memory_copy(p->info.ip);
	return memory_copy(field_subscript(p, path));
}

static void push(char ***environment, const char *name, const char *value)
{
	auto_free char *line = memory_printf("%s=%s", name, value);
	words_push(environment, line);
}

/* SHOP_SERVICE_HOST and SHOP_SERVICE_PORT, as kubelets set them for the Services of the namespace. */
static void push_services(char ***environment, const struct pod *p)
{
	for (int i = 0; i < p->lab->backend_count; i++) {
		const struct backend *b = &p->lab->backends[i];
		auto_free char *name = memory_copy(b->spec->name);
		for (char *c = name; *c; c++)
			*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
		auto_free char *host = memory_printf("%s_SERVICE_HOST", name);
		push(environment, host, inet_ntoa((struct in_addr){b->address}));
		if (!b->spec->port_count)
			continue;
		auto_free char *port = memory_printf("%s_SERVICE_PORT", name);
		auto_free char *number = memory_printf("%" PRId64, b->spec->ports[0].port);
		push(environment, port, number);
	}
}

/* This machine's environment too: what runs here was made for it (PATH, HOME, LANG, …). */
char **command_environment(const struct pod *p, const struct container *c)
{
	char **environment = words_copy(environ);
	push(&environment, "HOSTNAME", p->info.name);
	push_services(&environment, p);
	for (size_t i = 0; i < c->env_count; i++) {
		const struct env *e = &c->env[i];
		if (e->source == ENV_OTHER)
			continue;
		auto_free char *value = e->source == ENV_FIELD ? field(p, e->value) : expand(e->value, environment);
		push(&environment, e->name, value);
	}
	return environment;
}

/* ---- command lines ---- */

static const char *run_for(const struct lab_config *config, const struct container *c)
{
	for (int i = config->run_count - 1; i >= 0; i--)
		if (!strcmp(config->runs[i].container, c->name))
			return config->runs[i].command;
	return NULL;
}

static void push_expanded(char ***argv, char *const *words, char *const *environment)
{
	for (; words && *words; words++) {
		auto_free char *word = expand(*words, environment);
		words_push(argv, word);
	}
}

char **command_expand(const struct pod *p, const struct container *c, char *const *words)
{
	char **environment = command_environment(p, c);
	char **argv = NULL;
	push_expanded(&argv, words, environment);
	words_free(environment);
	return argv;
}

char **command_argv(const struct lab *lab, const struct pod *p, const struct container *c)
{
	const char *run = run_for(lab->config, c);
	char **environment = command_environment(p, c);
	char **argv = NULL;
	if (run)
		(void)!words_split(run, &argv, NULL);
	/* A shell gets the container's own command and args as "$@". */
	if (run && argv[1] && !strcmp(argv[0], "/bin/sh") && !strcmp(argv[1], "-c"))
		words_push(&argv, c->name);
	if (!run || words_count(argv) == 4) {
		push_expanded(&argv, c->command, environment);
		push_expanded(&argv, c->args, environment);
	}
	words_free(environment);
	return argv;
}

/* Folders can be executed too, in a way: they are not meant. */
static bool is_program(const char *path)
{
	struct stat s;
	return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

static bool can_execute(const char *name)
{
	if (strchr(name, '/'))
		return is_program(name);
	auto_free char *path = memory_copy(getenv("PATH"));
	char *rest = NULL;
	for (char *folder = strtok_r(path, ":", &rest); folder; folder = strtok_r(NULL, ":", &rest)) {
		auto_free char *file = memory_printf("%s/%s", folder, name);
		if (is_program(file))
			return true;
	}
	return false;
}

int command_check(const struct lab_config *config, const struct container *c, struct err *err)
{
	const char *run = run_for(config, c);
	const struct place *at = &c->place;
	char **argv = NULL;
	int rc = 0;
	if (run && words_split(run, &argv, err) < 0) {
		err_wrap(err, "--run %s", c->name);
		return -1;
	}
	const char *program = run ? argv[0] : c->has_command && c->command && c->command[0] ? c->command[0] : NULL;
	if (!program)
		rc = err_input(
			err,
			"%s:%d:%d: container %s has no command, and its image (%s) is not pulled: say what to run with "
			"--run %s='command'",
			at->file, at->line, at->column, c->name, *c->image ? c->image : "none given", c->name);
	else if (!can_execute(program))
		rc = err_input(
			err,
			"%s:%d:%d: container %s: this machine has no '%s': say what to run with --run %s='command'",
			at->file, at->line, at->column, c->name, program, c->name);
	words_free(argv);
	return rc;
}
