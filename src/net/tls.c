// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include "base/memory.h"
#include "tls_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALPN_MAX 64
#define HOST_MAX 255

struct alpn {
	unsigned char wire[ALPN_MAX]; /* each name behind its length */
	unsigned length;
};

struct tls_context {
	pthread_mutex_t lock; /* for `ssl`: a reload replaces it, and streams hold references of their own */
	SSL_CTX *ssl;
	struct alpn alpn;
	char *certificate, *key; /* server */
};

static void alpn_set(struct alpn *a, const char *const *names)
{
	for (; names && *names; names++) {
		size_t length = strlen(*names);
		if (length == 0 || a->length + 1 + length > sizeof a->wire)
			continue;
		a->wire[a->length] = (unsigned char)length;
		memcpy(a->wire + a->length + 1, *names, length);
		a->length += 1 + (unsigned)length;
	}
}

/* Ours to choose; a client that offers only what we do not speak is told so (RFC 7301 §3.2). */
static int on_alpn(SSL *tls, const unsigned char **ret_name, unsigned char *ret_length, const unsigned char *offered,
		   unsigned offered_length, void *data)
{
	const struct alpn *ours = data;
	unsigned char *name;
	int rc = SSL_select_next_proto(&name, ret_length, ours->wire, ours->length, offered, offered_length);
	if (rc != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret_name = name;
	return SSL_TLSEXT_ERR_OK;
}

/* A key with a passphrase: nobody is asked for it. */
static int on_passphrase(char *buffer, int size, int is_writing, void *data)
{
	return -1;
}

static SSL_CTX *ssl_create(const SSL_METHOD *method, struct err *err)
{
	ERR_clear_error();
	SSL_CTX *ssl = SSL_CTX_new(method);
	if (!ssl) {
		err_system(err, 0, "OpenSSL: %s", ERR_reason_error_string(ERR_peek_error()));
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	/* Partial: what fits counts as sent. Moving: the caller's buffer may be another the next time. */
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ssl, 1); /* one recv() for a record, not one for its head and one for the rest */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(ssl, on_passphrase);
	return ssl;
}

static struct tls_context *tls_context_create(const char *const *alpn)
{
	struct tls_context *t = memory_new(1, sizeof *t);
	pthread_mutex_init(&t->lock, NULL);
	alpn_set(&t->alpn, alpn);
	return t;
}

void tls_context_destroy(struct tls_context *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ssl);
	pthread_mutex_destroy(&t->lock);
	free(t->certificate);
	free(t->key);
	free(t);
}

static int check_readable(const char *what, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_input(err, "%s%s: %s", what, path, strerror(errno));
	(void)close(fd);
	return 0;
}

static int on_any_certificate(X509_STORE_CTX *chain, void *data)
{
	return 1;
}

/* What OpenSSL calls its default paths, but for its "store", which reads the whole folder again for each certificate
 * that it does not know: for an intermediate one, in every handshake. */
static void client_trust_system(SSL_CTX *ssl)
{
	(void)SSL_CTX_set_default_verify_file(ssl);
	(void)SSL_CTX_set_default_verify_dir(ssl);
}

static int client_trust_file(SSL_CTX *ssl, const char *cacert, struct err *err)
{
	int rc = check_readable("", cacert, err);
	if (rc == 0 && SSL_CTX_load_verify_file(ssl, cacert) != 1)
		rc = err_input(err, "%s: no certificate in PEM form", cacert);
	/* What was named is trusted, be it a root or what a root has signed. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
	return rc;
}

static int client_trust(SSL_CTX *ssl, const struct tls_client_config *config, struct err *err)
{
	SSL_CTX_set_verify(ssl, config->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	/* Otherwise it is verified all the same, and the result ignored. */
	if (config->insecure)
		SSL_CTX_set_cert_verify_callback(ssl, on_any_certificate, NULL);
	if (config->cacert)
		return client_trust_file(ssl, config->cacert, err);
	if (!config->insecure)
		client_trust_system(ssl);
	return 0;
}

struct tls_context *tls_client_create(const struct tls_client_config *config, struct err *err)
{
	SSL_CTX *ssl = ssl_create(TLS_client_method(), err);
	if (!ssl)
		return NULL;
	struct tls_context *t = tls_context_create(config->alpn);
	t->ssl = ssl;
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
	if (client_trust(ssl, config, err) < 0)
		goto failed;
	if (t->alpn.length && SSL_CTX_set_alpn_protos(ssl, t->alpn.wire, t->alpn.length) != 0) {
		err_system(err, ENOMEM, "OpenSSL");
		goto failed;
	}
	return t;

failed:
	tls_context_destroy(t);
	return NULL;
}

static int server_read(const struct tls_context *t, SSL_CTX *ssl, struct err *err)
{
	int rc = check_readable("certificate ", t->certificate, err);
	if (rc == 0)
		rc = check_readable("key ", t->key, err);
	if (rc < 0)
		return rc;
	if (SSL_CTX_use_certificate_chain_file(ssl, t->certificate) != 1)
		return err_input(err, "certificate %s: no certificate in PEM form", t->certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, t->key, SSL_FILETYPE_PEM) == 1)
		return 0;
	if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
		return err_input(err, "key %s does not belong to certificate %s", t->key, t->certificate);
	return err_input(err, "key %s: no key in PEM form without a passphrase", t->key);
}

/* What a server's context holds, from the files as they are now; NULL: `err` says why. */
static SSL_CTX *server_ssl(struct tls_context *t, struct err *err)
{
	SSL_CTX *ssl = ssl_create(TLS_server_method(), err);
	if (!ssl)
		return NULL;
	SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
	if (t->alpn.length)
		SSL_CTX_set_alpn_select_cb(ssl, on_alpn, &t->alpn);
	if (server_read(t, ssl, err) == 0)
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}

struct tls_context *tls_server_create(const struct tls_server_config *config, struct err *err)
{
	struct tls_context *t = tls_context_create(config->alpn);
	t->certificate = memory_copy(config->certificate);
	t->key = memory_copy(config->key);
	t->ssl = server_ssl(t, err);
	if (t->ssl)
		return t;
	tls_context_destroy(t);
	return NULL;
}

int tls_server_reload(struct tls_context *t, struct err *err)
{
	SSL_CTX *fresh = server_ssl(t, err);
	if (!fresh)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	SSL_CTX *old = t->ssl;
	t->ssl = fresh;
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old);
	return 0;
}

/* A stream's TLS state; it keeps the certificate that it began with. */
static SSL *tls_new(struct tls_context *t)
{
	pthread_mutex_lock(&t->lock);
	SSL_CTX *ssl = t->ssl;
	SSL_CTX_up_ref(ssl);
	pthread_mutex_unlock(&t->lock);
	SSL *tls = SSL_new(ssl);
	SSL_CTX_free(ssl);
	return tls;
}

static bool is_address(const char *host)
{
	unsigned char binary[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

/* Whom the certificate has to name. An address is not for SNI (RFC 6066 §3), nor is the dot of an absolute name. */
static int tls_expect(SSL *tls, const char *host)
{
	char name[HOST_MAX + 1];
	size_t length = strlen(host);
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1 ? 0 : -EINVAL;
	if (length && host[length - 1] == '.')
		length--;
	if (length == 0 || length > HOST_MAX)
		return -EINVAL;
	memcpy(name, host, length);
	name[length] = '\0';
	SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(tls, name) == 1 && SSL_set1_host(tls, name) == 1 ? 0 : -EINVAL;
}

int tls_begin(struct stream *s, struct tls_context *t, const char *host)
{
	tls_io_prepare();
	SSL *tls = tls_new(t);
	if (!tls)
		return -ENOMEM;
	int rc = 0;
	if (host) {
		SSL_set_connect_state(tls);
		rc = tls_expect(tls, host);
	} else {
		SSL_set_accept_state(tls);
	}
	if (rc == 0)
		rc = tls_io_attach(s, tls);
	if (rc < 0)
		SSL_free(tls);
	return rc;
}
