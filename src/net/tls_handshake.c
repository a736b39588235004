// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include "tls_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* Asked of the verification itself: what is first on OpenSSL's queue may be a detail of it. */
static bool tls_is_rejected(const struct stream *s)
{
	return (SSL_get_verify_mode(s->tls) & SSL_VERIFY_PEER) && SSL_get_verify_result(s->tls) != X509_V_OK;
}

int tls_handshake(struct stream *s, struct err *err)
{
	tls_io_prepare();
	int returned = SSL_do_handshake(s->tls);
	if (returned == 1)
		return 0;
	int rc = tls_io_failure(s, returned);
	if (rc == -EAGAIN)
		return rc;
	if (rc == 0)
		rc = -ECONNABORTED;
	else if (rc == -EPROTO && tls_is_rejected(s))
		rc = -EKEYREJECTED;
	tls_explain(s, rc, err);
	return rc;
}

/* The names of the certificate that was shown do not include the one that was asked for. */
static void explain_name(const struct stream *s, struct err *err)
{
	const char *name = SSL_get_servername(s->tls, TLSEXT_NAMETYPE_host_name);
	if (name)
		err_system(err, 0, "the certificate is not for '%s'", name);
	else
		err_system(err, 0, "the certificate is not for this address");
}

static void explain_certificate(const struct stream *s, struct err *err)
{
	long why = SSL_get_verify_result(s->tls);
	if (why == X509_V_ERR_HOSTNAME_MISMATCH || why == X509_V_ERR_IP_ADDRESS_MISMATCH)
		explain_name(s, err);
	else
		err_system(err, 0, "%s", X509_verify_cert_error_string(why));
}

/* Without the version that OpenSSL believes it is from: "sslv3 alert bad record mac". */
static void explain_alert(const char *words, struct err *err)
{
	const char *alert = strstr(words, "alert ");
	err_system(err, 0, "alert from the peer: %s", alert ? alert + strlen("alert ") : words);
}

static void explain_protocol(const struct stream *s, struct err *err)
{
	int reason = ERR_GET_REASON(s->reason);
	const char *words = ERR_reason_error_string(s->reason);
	if (!words)
		words = "TLS failed";
	if (ERR_GET_LIB(s->reason) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
		explain_alert(words, err);
	else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
		err_system(err, 0, "the peer does not speak TLS");
	else
		err_system(err, 0, "%s", words);
}

void tls_explain(const struct stream *s, int rc, struct err *err)
{
	switch (-rc) {
	case EKEYREJECTED:
		explain_certificate(s, err);
		break;
	case EPROTO:
		explain_protocol(s, err);
		break;
	case ECONNABORTED:
		err_system(err, 0, "closed");
		break;
	case ECONNRESET:
	case EPIPE:
		err_system(err, 0, "reset by peer");
		break;
	default:
		err_system(err, 0, "%s", strerror(-rc));
	}
}

const char *tls_protocol(const struct stream *s)
{
	static const char *const known[] = {"h2", "http/1.1"};
	const unsigned char *name = NULL;
	unsigned length = 0;
	SSL_get0_alpn_selected(s->tls, &name, &length);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (length == strlen(known[i]) && !memcmp(name, known[i], length))
			return known[i];
	return "";
}
