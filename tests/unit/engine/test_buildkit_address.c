/* SPDX-License-Identifier: MIT */
/* What the URL of a BuildKit daemon says of how to reach it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "engine/buildkit-address.h"

static const struct {
	const char *url;
	const char *expected; /* place, socket or host and port, how; or the error's end */
} rows[] = {
	{ "buildkit:///run/buildkit/buildkitd.sock",
	  "buildkit:///run/buildkit/buildkitd.sock /run/buildkit/buildkitd.sock" },
	{ "buildkit://build.example.com:8443",
	  "buildkit://build.example.com:8443 build.example.com 8443 tls" },
	{ "buildkit://build.example.com",
	  "buildkit://build.example.com build.example.com 1234 tls" },
	{ "buildkit://localhost", "buildkit://localhost localhost 1234 plain" },
	{ "buildkit://127.1.2.3:99", "buildkit://127.1.2.3:99 127.1.2.3 99 plain" },
	{ "buildkit://[::1]:99", "buildkit://[::1]:99 ::1 99 plain" },
	{ "buildkit://[2001:db8::1]:99", "buildkit://[2001:db8::1]:99 2001:db8::1 99 tls" },
	{ "buildkit://a?tls=none", "buildkit://a a 1234 plain" },
	{ "buildkit://a?tls=/ALL", "buildkit://a a 1234 tls ca cert key" },
	{ "buildkit://localhost?tls=/CA", "buildkit://localhost localhost 1234 tls ca" },
	{ "buildkit://a?tls=/HALF", "has only one of cert.pem and key.pem" },
	{ "buildkit://a?tls=/NONE", "has neither ca.pem nor cert.pem" },
	{ "buildkit://a?tls=here", "only 'tls=/FOLDER' or 'tls=none' may stand, of a HOST" },
	{ "buildkit://a?", "only 'tls=/FOLDER' or 'tls=none' may stand, of a HOST" },
	{ "buildkit:///socket?tls=none", "only 'tls=/FOLDER' or 'tls=none' may stand, of a HOST" },
	{ "buildkit://", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://a:0", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://a:x", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://a/b", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://u@a", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://[::1", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
	{ "buildkit://[::1]9", "neither buildkit://HOST:PORT nor buildkit:///path/to/socket" },
};

static char root[] = "/tmp/test-address-XXXXXX";

/* Folders with all files, only a CA, half of a key pair, nothing. */
static int make_folders(void **state)
{
	static const char *const files[] = { "/ALL/ca.pem", "/ALL/cert.pem",  "/ALL/key.pem",
					     "/CA/ca.pem",  "/HALF/cert.pem", "/NONE/x" };
	struct error err = { 0 };

	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTOFREE char *path = str_format(&err, "%s%s", root, files[i]);
		AUTOFREE char *folder = str_copy(path, &err);

		*strrchr(folder, '/') = '\0';
		if (path_make_folders(folder, 0700, &err) ||
		    path_write(path, SLICE(""), 0600, &err))
			return -1;
	}
	return 0;
}

static int remove_folders(void **state)
{
	static const char *const names[] = { "/ALL/ca.pem",
					     "/ALL/cert.pem",
					     "/ALL/key.pem",
					     "/ALL",
					     "/CA/ca.pem",
					     "/CA",
					     "/HALF/cert.pem",
					     "/HALF",
					     "/NONE/x",
					     "/NONE",
					     "" };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTOFREE char *path = str_format(&err, "%s%s", root, names[i]);

		if (remove(path))
			return -1;
	}
	return 0;
}

static void describe(const struct buildkit_address *address, struct buf *out)
{
	buf_add_format(out, "%s ", address->place);
	if (address->socket)
		buf_add_text(out, address->socket);
	else
		buf_add_format(out, "%s %d %s%s%s%s", address->host, address->port,
			       address->is_plain ? "plain" : "tls", address->ca_file ? " ca" : "",
			       address->certificate ? " cert" : "", address->key ? " key" : "");
}

static void test_a_url_says_where_and_how(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(buildkit_address_release) struct buildkit_address address = { 0 };
		AUTO(buf_release) struct buf found = BUF_INIT(4096);
		const char *folder = strstr(rows[i].url, "tls=/");
		struct error err = { 0 };
		AUTOFREE char *url =
			folder ? str_format(&err, "%.*s%s%s", (int)(folder + 4 - rows[i].url),
					    rows[i].url, root, folder + 4)
			       : str_copy(rows[i].url, &err);

		if (buildkit_address_parse(url, &address, &err)) {
			assert_int_equal(err.kind, ERROR_INPUT);
			if (!str_ends(err.message, rows[i].expected))
				fail_msg("%s: %s", rows[i].url, err.message);
			continue;
		}
		describe(&address, &found);
		assert_string_equal(found.data, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_url_says_where_and_how),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
