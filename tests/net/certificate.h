/* certificate.h - certificates for tests, made on the spot: an authority, and what it signs. P-256 keys. */
#ifndef TESTS_NET_CERTIFICATE_H
#define TESTS_NET_CERTIFICATE_H

#include <openssl/x509.h>

struct certificate {
	EVP_PKEY *key;
	X509 *x509;
};

struct certificate_spec {
	const char *common_name;          /* NULL: some */
	const char *name;                 /* as in an extension: "DNS:shop.example,IP:127.0.0.1"; NULL: an authority */
	const struct certificate *issuer; /* NULL: signs itself */
	long begins_s, ends_s;            /* from now; both 0: valid for a day */
};

/* Anything that goes wrong ends the test program. */
struct certificate certificate_make(const struct certificate_spec *spec);
void certificate_write(const struct certificate *c, const char *path);
void certificate_write_key(const struct certificate *c, const char *path);
void certificate_finish(struct certificate *c);

#endif
