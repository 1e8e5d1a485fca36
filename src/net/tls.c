/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"

struct tls_channel {
	struct channel base;
	struct channel *inner; /* whose descriptor libssl reads and writes */
	SSL *ssl;
	short read_wants;  /* what the last read or write has to wait for, */
	short write_wants; /* where that is not its own direction */
};

static struct tls_channel *tls_of(struct channel *channel)
{
	return (struct tls_channel *)channel;
}

/* An alert that says that it is us who are not trusted. */
static bool is_denial(int reason)
{
	switch (reason) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

/* What libssl says of the last thing it was asked for. */
static int set_error(struct error *err, const char *what)
{
	int os_errno = errno;
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;
	enum error_kind kind = ERROR_UNREACHABLE;

	ERR_clear_error();
	if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && is_denial(ERR_GET_REASON(code)))
		kind = ERROR_DENIED;
	if (!code && os_errno)
		text = strerror(os_errno);
	return error_set(err, kind, "%s: %s", what, text ? text : "TLS was broken off");
}

/* How the operation that gave `status` turned out; `own` is its direction. */
static ssize_t result_of(struct tls_channel *tls, int status, short own, struct error *err)
{
	short *wants = own == POLLIN ? &tls->read_wants : &tls->write_wants;

	*wants = 0;
	if (status > 0)
		return status;
	switch (SSL_get_error(tls->ssl, status)) {
	case SSL_ERROR_WANT_READ:
		*wants = POLLIN;
		return CHANNEL_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		*wants = POLLOUT;
		return CHANNEL_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		break;
	case SSL_ERROR_SYSCALL:
		/* Closed without a word: HTTP/2 knows itself what is missing. */
		if (own == POLLIN && !errno && !ERR_peek_error())
			break;
		return set_error(err, "the connection");
	default:
		return set_error(err, "the connection");
	}
	return own == POLLIN ? 0 : error_set(err, ERROR_UNREACHABLE, "the peer has closed TLS");
}

static int clip(size_t len)
{
	return len > INT32_MAX ? INT32_MAX : (int)len;
}

static ssize_t read_tls(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct tls_channel *tls = tls_of(channel);

	ERR_clear_error();
	errno = 0;
	return result_of(tls, SSL_read(tls->ssl, data, clip(len)), POLLIN, err);
}

static ssize_t write_tls(struct channel *channel, const void *data, size_t len, struct error *err)
{
	struct tls_channel *tls = tls_of(channel);

	ERR_clear_error();
	errno = 0;
	return result_of(tls, SSL_write(tls->ssl, data, clip(len)), POLLOUT, err);
}

static int fd_of(const struct channel *channel)
{
	return channel_fd(((const struct tls_channel *)channel)->inner);
}

static short wants_of(const struct channel *channel, short wanted)
{
	const struct tls_channel *tls = (const struct tls_channel *)channel;
	short wants = 0;

	if (wanted & POLLIN)
		wants |= tls->read_wants ? tls->read_wants : POLLIN;
	if (wanted & POLLOUT)
		wants |= tls->write_wants ? tls->write_wants : POLLOUT;
	return wants;
}

static void free_tls(struct channel *channel)
{
	struct tls_channel *tls = tls_of(channel);

	if (tls->ssl) {
		SSL_shutdown(tls->ssl);
		ERR_clear_error();
	}
	SSL_free(tls->ssl);
	channel_free(tls->inner);
	free(tls);
}

static const struct channel_ops tls_ops = {
	.read = read_tls,
	.write = write_tls,
	.fd = fd_of,
	.wants = wants_of,
	.free = free_tls,
};

static void free_context(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

/* Nobody is asked for the password of a key. */
static int give_no_password(char *data, int size, int is_writing, void *arg)
{
	(void)data;
	(void)size;
	(void)is_writing;
	(void)arg;
	return 0;
}

static int load_files(SSL_CTX *context, const struct channel_tls *tls, struct error *err)
{
	const char *certificate = tls->client_certificate, *key = tls->client_key;

	ERR_clear_error();
	errno = 0;
	if (tls->ca_file ? !SSL_CTX_load_verify_locations(context, tls->ca_file, NULL)
			 : !SSL_CTX_set_default_verify_paths(context)) {
		set_error(err, tls->ca_file ? tls->ca_file : "the system's authorities");
		err->kind = ERROR_INPUT;
		return -1;
	}
	if (!certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
		set_error(err, certificate);
	else if (SSL_CTX_use_PrivateKey_file(context, key ? key : certificate, SSL_FILETYPE_PEM) !=
		 1)
		set_error(err, key ? key : certificate);
	else
		return 0;
	err->kind = ERROR_INPUT;
	return -1;
}

static SSL_CTX *new_context(const struct channel_tls *tls, struct error *err)
{
	static const unsigned char protocols[] = { 2, 'h', '2' };
	AUTO(free_context) SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context || SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols))) {
		ERR_clear_error();
		error_set_memory(err);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(context, give_no_password);
	SSL_CTX_set_mode(context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
	return load_files(context, tls, err) ? NULL : TAKE(context);
}

/* The name that the certificate has to show: an address or a host. */
static int expect_name(SSL *ssl, const char *name, struct error *err)
{
	unsigned char address[sizeof(struct in6_addr)];
	bool is_address =
		inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;

	if (is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name)
		       : SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name))
		return 0;
	ERR_clear_error();
	return error_set(err, ERROR_INPUT, "'%s' is no name for a certificate", name);
}

/* Why the handshake failed, in words of what to do about it. */
static int explain(const struct tls_channel *tls, const char *name, struct error *err)
{
	long verified = SSL_get_verify_result(tls->ssl);
	unsigned long code = ERR_peek_last_error();

	if (verified == X509_V_OK && code && ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
		ERR_clear_error();
		return error_set(err, ERROR_PROTOCOL,
				 "the TLS peer does not speak HTTP/2 (ALPN h2 refused)");
	}
	if (verified == X509_V_OK)
		return set_error(err, "the TLS handshake");
	ERR_clear_error();
	error_set(err, ERROR_DENIED, "the certificate of '%s' is not trusted: %s", name,
		  X509_verify_cert_error_string(verified));
	return error_hint(err, "name the authority's certificate (PEM) as the CA file");
}

static int shake_hands(struct tls_channel *tls, const char *name, int64_t deadline_ms,
		       struct error *err)
{
	const unsigned char *protocol = NULL;
	unsigned len = 0;

	for (;;) {
		int status;

		ERR_clear_error();
		errno = 0;
		status = SSL_connect(tls->ssl);
		if (status == 1)
			break;
		switch (SSL_get_error(tls->ssl, status)) {
		case SSL_ERROR_WANT_READ:
			tls->read_wants = POLLIN;
			break;
		case SSL_ERROR_WANT_WRITE:
			tls->read_wants = POLLOUT;
			break;
		default:
			return explain(tls, name, err);
		}
		if (channel_await(&tls->base, POLLIN, deadline_ms, err))
			return error_wrap(err, "the TLS handshake");
	}
	tls->read_wants = 0;
	SSL_get0_alpn_selected(tls->ssl, &protocol, &len);
	if (!slice_is((struct slice){ (const char *)protocol, len }, "h2"))
		return error_set(err, ERROR_PROTOCOL,
				 "the TLS peer does not speak HTTP/2 (no ALPN h2)");
	return 0;
}

int tls_start(struct channel **channel, const char *host, const struct channel_tls *tls,
	      int64_t deadline_ms, struct error *err)
{
	AUTO(free_context) SSL_CTX *context = new_context(tls, err);
	const char *name = tls->server_name ? tls->server_name : host;
	struct tls_channel *started;

	if (!context)
		return -1;
	started = calloc(1, sizeof(*started));
	if (!started)
		return error_set_memory(err);
	started->base.ops = &tls_ops;
	started->base.is_tls = true;
	started->inner = *channel;
	*channel = &started->base;
	started->ssl = SSL_new(context);
	if (!started->ssl || SSL_set_fd(started->ssl, channel_fd(started->inner)) != 1) {
		ERR_clear_error();
		return error_set_memory(err);
	}
	if (expect_name(started->ssl, name, err))
		return -1;
	return shake_hands(started, name, deadline_ms, err);
}
