/* SPDX-License-Identifier: MIT */
/* Whose certificate counts, against openssl's own server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/process.h"
#include "net/http.h"

static char folder[64], certificate[80], key[80];
static struct process server = PROCESS_INIT, strict = PROCESS_INIT;
static char port[8], strict_port[8];

static int run(const char *const *argv)
{
	const struct process_options options = { .argv = argv, .timeout_ms = 30000 };
	AUTO(buf_release) struct buf output = BUF_INIT(4096);
	struct error err = { 0 };
	int code;

	return process_run(&options, &output, &code, &err) || code ? -1 : 0;
}

/* "ACCEPT 127.0.0.1:43857" */
static int read_port(const struct process *from, char ret_port[8])
{
	char text[256] = "", *end;
	size_t len = 0;

	while (!(end = strstr(text, "ACCEPT 127.0.0.1:")) || !strchr(end, '\n')) {
		ssize_t count = read(from->out, text + len, sizeof(text) - 1 - len);

		if (count <= 0)
			return -1;
		len += (size_t)count;
		text[len] = '\0';
	}
	end += strlen("ACCEPT 127.0.0.1:");
	snprintf(ret_port, 8, "%.*s", (int)strcspn(end, "\r\n"), end);
	return 0;
}

static int set_up(void **state)
{
	const char *const make[] = {
		"openssl", "req",   "-x509",	"-newkey",   "rsa:2048",
		"-nodes",  "-subj", "/CN=test", "-addext",   "subjectAltName=IP:127.0.0.1",
		"-keyout", key,	    "-out",	certificate, NULL
	};
	const char *const serve[] = { "openssl", "s_server",  "-accept", "127.0.0.1:0", "-www",
				      "-cert",	 certificate, "-key",	 key,		NULL };
	/* With TLS 1.3 the refusal comes after the handshake and may be lost. */
	const char *const demand[] = { "openssl", "s_server",  "-accept",    "127.0.0.1:0",
				       "-www",	  "-cert",     certificate,  "-key",
				       key,	  "-Verify",   "1",	     "-verify_return_error",
				       "-CAfile", certificate, "-no_tls1_3", NULL };
	AUTOFREE char *program = path_find_program("openssl");
	struct error err = { 0 };

	(void)state;
	if (!program) {
		print_message("there is no program openssl\n");
		return getenv("CI") ? -1 : 0;
	}
	memcpy(folder, "/tmp/git-image-trust-XXXXXX", 28);
	if (!mkdtemp(folder))
		return -1;
	snprintf(certificate, sizeof(certificate), "%s/ca.crt", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	if (run(make) || process_start(&(struct process_options){ .argv = serve }, &server, &err) ||
	    process_start(&(struct process_options){ .argv = demand }, &strict, &err))
		return -1;
	return read_port(&server, port) || read_port(&strict, strict_port) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	process_release(&server);
	process_release(&strict);
	unlink(certificate);
	unlink(key);
	return folder[0] ? rmdir(folder) : 0;
}

static const struct {
	const char *name;
	const char *host;
	const char *ca_file; /* NULL: the system's */
	bool is_strict;	     /* the server wants a certificate of ours */
	const char *certificate, *key;
	bool is_good;
	enum error_kind kind;
	const char *message;
} table[] = {
	{ "a CA of one's own", "127.0.0.1", .ca_file = certificate, .is_good = true },
	{ "nobody vouches for it", "127.0.0.1", .kind = ERROR_DENIED, .message = "certificate" },
	{ "of another host", "localhost", .ca_file = certificate, .kind = ERROR_DENIED,
	  .message = "localhost" },
	{ "a CA that cannot be read", "127.0.0.1", .ca_file = "/nowhere/ca.crt",
	  .kind = ERROR_INPUT, .message = "certificate" },
	{ "a certificate of ours", "127.0.0.1", .ca_file = certificate, .is_strict = true,
	  .certificate = certificate, .key = key, .is_good = true },
	{ "none of ours where one is wanted", "127.0.0.1", .ca_file = certificate,
	  .is_strict = true, .kind = ERROR_DENIED, .message = "alert handshake failure" },
	{ "one of ours that cannot be read", "127.0.0.1", .ca_file = certificate, .is_strict = true,
	  .certificate = "/nowhere/client.cert", .key = key, .kind = ERROR_INPUT,
	  .message = "/nowhere/client.cert" },
};

static void test_certificates(void **state)
{
	(void)state;
	if (!folder[0])
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
		AUTO(http_client_freep) struct http_client *client = NULL;
		struct error err = { 0 };
		char url[64];
		int status;

		snprintf(url, sizeof(url), "https://%s:%s/", table[i].host,
			 table[i].is_strict ? strict_port : port);
		assert_int_equal(http_client_new(
					 &(struct http_client_options){
						 .ca_file = table[i].ca_file,
						 .client_certificate = table[i].certificate,
						 .client_key = table[i].key,
					 },
					 &client, &err),
				 0);
		status =
			http_perform(client, &(struct http_request){ .url = url }, &response, &err);
		if (status != (table[i].is_good ? 0 : -1) || err.kind != table[i].kind)
			fail_msg("%s: %s", table[i].name, err.message);
		if (table[i].message && !strstr(err.message, table[i].message))
			fail_msg("%s: %s", table[i].name, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
