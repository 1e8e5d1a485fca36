/* SPDX-License-Identifier: MIT */
/* TLS against a peer of our own, with certificates made by openssl(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/path.h"
#include "base/process.h"
#include "base/time.h"
#include "net/channel.h"

static char folder[] = "/tmp/git-image-test-XXXXXX";

/* One connection, whose bytes come back. */
struct peer {
	const char *certificate;
	bool has_no_alpn;
	bool is_plain; /* no TLS at all */
	bool wants_certificate;
	int listener;
	int port;
	pthread_t thread;
};

static int run(const char *const *argv)
{
	const struct process_options options = { .argv = argv, .directory = folder };
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct error err = { 0 };
	int status = -1;

	if (process_run(&options, &out, &status, &err))
		return -1;
	return status;
}

/* NAME.key and NAME.pem of the authority `ca`; itself if that is the name. */
static int make_certificate(const char *name, const char *ca, const char *days)
{
	char key[32], request[32], certificate[32], ca_file[32], ca_key[32], subject[32];
	const char *const make_key[] = { "openssl", "req",    "-newkey", "rsa:2048", "-nodes",
					 "-keyout", key,      "-out",	 request,    "-subj",
					 subject,   "-batch", NULL };
	const char *const sign_self[] = { "openssl",   "x509",	   "-req", "-in",
					  request,     "-signkey", key,	   "-out",
					  certificate, "-days",	   days,   NULL };
	const char *const sign[] = { "openssl", "x509",	     "-req",   "-in",  request,
				     "-CA",	ca_file,     "-CAkey", ca_key, "-CAcreateserial",
				     "-out",	certificate, "-days",  days,   "-extfile",
				     "names",	NULL };

	snprintf(key, sizeof(key), "%s.key", name);
	snprintf(request, sizeof(request), "%s.csr", name);
	snprintf(certificate, sizeof(certificate), "%s.pem", name);
	snprintf(ca_file, sizeof(ca_file), "%s.pem", ca);
	snprintf(ca_key, sizeof(ca_key), "%s.key", ca);
	snprintf(subject, sizeof(subject), "/CN=%s", name);
	return run(make_key) || run(strcmp(name, ca) ? sign : sign_self);
}

static char *file_of(const char *name)
{
	struct error err = { 0 };
	char *path = path_join(folder, name, &err);

	assert_non_null(path);
	return path;
}

static int make_all(void **state)
{
	AUTOFREE char *names = NULL;
	struct error err = { 0 };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder))
		return -1;
	names = file_of("names");
	if (path_write(names, SLICE("subjectAltName=DNS:localhost,IP:127.0.0.1\n"), 0600, &err))
		return -1;
	return make_certificate("ca", "ca", "2") || make_certificate("good", "ca", "2") ||
	       make_certificate("late", "ca", "-1");
}

static int remove_all(void **state)
{
	const char *const argv[] = { "rm", "-rf", folder, NULL };

	(void)state;
	return run(argv);
}

static int choose_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
		       const unsigned char *offered, unsigned len, void *arg)
{
	(void)ssl;
	(void)arg;
	if (len != 3 || memcmp(offered, "\2h2", 3))
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = offered + 1;
	*ret_len = 2;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_context(const struct peer *peer)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	AUTOFREE char *ca = file_of("ca.pem");
	char name[32];

	snprintf(name, sizeof(name), "%s.pem", peer->certificate);
	AUTOFREE char *certificate = file_of(name);
	snprintf(name, sizeof(name), "%s.key", peer->certificate);
	AUTOFREE char *key = file_of(name);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM), 1);
	if (!peer->has_no_alpn)
		SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
	if (peer->wants_certificate) {
		assert_int_equal(SSL_CTX_load_verify_locations(context, ca, NULL), 1);
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   NULL);
	}
	return context;
}

static void serve_tls(const struct peer *peer, int fd)
{
	SSL_CTX *context = make_context(peer);
	SSL *ssl = SSL_new(context);
	char data[5000];
	int len;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		while ((len = SSL_read(ssl, data, sizeof(data))) > 0)
			if (SSL_write(ssl, data, len) != len)
				break;
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void *serve(void *arg)
{
	struct peer *peer = arg;
	int fd = accept(peer->listener, NULL, NULL);

	if (!peer->is_plain)
		serve_tls(peer, fd);
	else if (write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) != 28)
		abort();
	close(fd);
	return NULL;
}

static void start_peer(struct peer *peer)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(peer->listener, 1), 0);
	assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &len), 0);
	peer->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void stop_peer(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
	close(peer->listener);
}

/* So much that neither side's buffers hold it, there and back. */
static void expect_echo(struct channel *channel)
{
	static char sent[600000], got[600000];
	size_t out = 0, in = 0;
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7);
	while (in < sizeof(got)) {
		ssize_t len = CHANNEL_AGAIN;
		bool moved = false;

		if (out < sizeof(sent))
			len = channel_write(channel, sent + out, sizeof(sent) - out, &err);
		assert_int_not_equal(len, -1);
		moved |= len > 0;
		out += len > 0 ? (size_t)len : 0;
		len = channel_read(channel, got + in, sizeof(got) - in, &err);
		assert_true(len > 0 || len == CHANNEL_AGAIN);
		moved |= len > 0;
		in += len > 0 ? (size_t)len : 0;
		if (!moved)
			assert_int_equal(
				channel_await(channel,
					      out < sizeof(sent) ? POLLIN | POLLOUT : POLLIN,
					      time_monotonic_ms() + 10000, &err),
				0);
	}
	assert_memory_equal(sent, got, sizeof(sent));
}

static const struct row {
	const char *title;
	struct peer peer;
	const char *host, *server_name;
	bool knows_no_ca, has_certificate;
	enum error_kind kind;
	const char *text;
} rows[] = {
	{ "a name", { .certificate = "good" }, "localhost", NULL, false, false, 0, NULL },
	{ "an address", { .certificate = "good" }, "127.0.0.1", NULL, false, false, 0, NULL },
	{ "an own certificate",
	  { .certificate = "good", .wants_certificate = true },
	  "localhost",
	  NULL,
	  false,
	  true,
	  0,
	  NULL },
	{ "another name",
	  { .certificate = "good" },
	  "127.0.0.1",
	  "localhost",
	  false,
	  false,
	  0,
	  NULL },
	{ "a wrong name",
	  { .certificate = "good" },
	  "127.0.0.1",
	  "example.com",
	  false,
	  false,
	  ERROR_DENIED,
	  "the certificate of 'example.com' is not trusted: " },
	{ "an unknown authority",
	  { .certificate = "good" },
	  "localhost",
	  NULL,
	  true,
	  false,
	  ERROR_DENIED,
	  "the certificate of 'localhost' is not trusted: unable to get" },
	{ "an expired certificate",
	  { .certificate = "late" },
	  "localhost",
	  NULL,
	  false,
	  false,
	  ERROR_DENIED,
	  "is not trusted: certificate has expired" },
	{ "no ALPN",
	  { .certificate = "good", .has_no_alpn = true },
	  "localhost",
	  NULL,
	  false,
	  false,
	  ERROR_PROTOCOL,
	  "the TLS peer does not speak HTTP/2 (no ALPN h2)" },
	{ "no TLS",
	  { .is_plain = true },
	  "localhost",
	  NULL,
	  false,
	  false,
	  ERROR_UNREACHABLE,
	  "the TLS handshake: " },
	{ "a certificate is missing",
	  { .certificate = "good", .wants_certificate = true },
	  "localhost",
	  NULL,
	  false,
	  false,
	  ERROR_DENIED,
	  "certificate required" },
};

/* With TLS 1.3 the first read tells that our certificate is refused. */
static int read_first(struct channel *channel, struct error *err)
{
	char byte;
	ssize_t len;

	while ((len = channel_read(channel, &byte, 1, err)) == CHANNEL_AGAIN)
		if (channel_await(channel, POLLIN, time_monotonic_ms() + 10000, err))
			return -1;
	return (int)len;
}

static void check_row(const struct row *row)
{
	AUTOFREE char *ca = file_of("ca.pem"), *mine = file_of("good.pem"),
		      *key = file_of("good.key");
	const struct channel_tls tls = {
		.ca_file = row->knows_no_ca ? NULL : ca,
		.client_certificate = row->has_certificate ? mine : NULL,
		.client_key = row->has_certificate ? key : NULL,
		.server_name = row->server_name,
	};
	AUTO(channel_freep) struct channel *channel = NULL;
	struct peer peer = row->peer;
	struct error err = { 0 };
	int status;

	print_message("# %s\n", row->title);
	start_peer(&peer);
	status = channel_open_tcp(row->host, peer.port, &tls, &channel, &err);
	if (!status && row->kind)
		status = read_first(channel, &err);
	if (!row->kind && !status) {
		assert_true(channel->is_tls);
		expect_echo(channel);
	}
	channel_freep(&channel);
	channel = NULL;
	stop_peer(&peer);
	assert_int_equal(err.kind, row->kind);
	if (row->text && !strstr(err.message, row->text))
		fail_msg("%s: %s", row->title, err.message);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void test_files(void **state)
{
	AUTOFREE char *names = file_of("names"), *good = file_of("good.pem");
	const struct channel_tls wrong[] = {
		{ .ca_file = "/nonexistent/ca.pem" },
		{ .ca_file = names },
		{ .ca_file = good, .client_certificate = names },
		{ .ca_file = good, .client_certificate = good, .client_key = names },
		{ .ca_file = good, .client_certificate = good },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct peer peer = { .is_plain = true };
		struct channel *channel = NULL;
		struct error err = { 0 };

		start_peer(&peer);
		assert_int_equal(
			channel_open_tcp("localhost", peer.port, &wrong[i], &channel, &err), -1);
		stop_peer(&peer);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_files),
	};
	AUTOFREE char *program = path_find_program("openssl");

	if (!program) {
		puts("1..0 # SKIP no openssl program to make certificates");
		return 0;
	}
	return cmocka_run_group_tests_name("TLS", tests, make_all, remove_all);
}
