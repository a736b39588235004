// SPDX-License-Identifier: Apache-2.0
#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_S (24 * 3600L)
#define VERSION_3 2

#define must(what)                                                                                                     \
	do {                                                                                                           \
		if (!(what)) {                                                                                         \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                     \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, NULL, x509, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension && X509_add_ext(x509, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void set_names(X509 *x509, const struct certificate_spec *spec)
{
	X509_NAME *name = X509_get_subject_name(x509);
	const unsigned char *text = (const unsigned char *)(spec->common_name ? spec->common_name : "a test");
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
	must(X509_set_issuer_name(x509, spec->issuer ? X509_get_subject_name(spec->issuer->x509) : name) == 1);
	add_extension(x509, NID_basic_constraints, spec->name ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (spec->name)
		add_extension(x509, NID_subject_alt_name, spec->name);
}

struct certificate certificate_make(const struct certificate_spec *spec)
{
	static long serial;
	struct certificate c = {.key = EVP_EC_gen("P-256"), .x509 = X509_new()};
	must(c.key && c.x509);
	must(X509_set_version(c.x509, VERSION_3) == 1);
	must(ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial) == 1);
	bool is_dated = spec->begins_s || spec->ends_s;
	must(X509_gmtime_adj(X509_getm_notBefore(c.x509), is_dated ? spec->begins_s : -DAY_S));
	must(X509_gmtime_adj(X509_getm_notAfter(c.x509), is_dated ? spec->ends_s : DAY_S));
	must(X509_set_pubkey(c.x509, c.key) == 1);
	set_names(c.x509, spec);
	must(X509_sign(c.x509, spec->issuer ? spec->issuer->key : c.key, EVP_sha256()) > 0);
	return c;
}

void certificate_write(const struct certificate *c, const char *path)
{
	FILE *f = fopen(path, "we");
	must(f && PEM_write_X509(f, c->x509) == 1);
	must(fclose(f) == 0);
}

void certificate_write_key(const struct certificate *c, const char *path)
{
	FILE *f = fopen(path, "we");
	must(f && PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL) == 1);
	must(fclose(f) == 0);
}

void certificate_finish(struct certificate *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
	*c = (struct certificate){0};
}
