/* SPDX-License-Identifier: MIT */
/* Each case writes the files of a home folder of its own; helpers are small
 * scripts that note what they were asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/credentials.h"
#include "base/path.h"
#include "codec/base64.h"

static char home[64];

static void put(const char *name, const char *text, mode_t mode)
{
	AUTOFREE char *path = NULL, *folder = NULL;
	struct error err = { 0 };

	path = str_format(&err, "%s/%s", home, name);
	folder = str_copy(path, &err);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(path_make_folders(folder, 0700, &err), 0);
	assert_int_equal(path_write(path, slice_of(text), mode, &err), 0);
}

static int set_up(void **state)
{
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the program does: a helper may not read */
	memcpy(home, "/tmp/git-image-auth-XXXXXX", 27);
	assert_non_null(mkdtemp(home));
	path = str_format(&err, "%s/bin:/usr/bin:/bin", home);
	setenv("PATH", path, 1);
	setenv("HOME", home, 1);
	unsetenv("DOCKER_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("DOCKER_AUTH_CONFIG");
	unsetenv("GITHUB_ACTIONS");
	unsetenv("CI_REGISTRY");
	put("bin/docker-credential-good",
	    "#!/bin/sh\n"
	    "[ \"$1\" = get ] || exit 3\n"
	    "printf '{\"ServerURL\":\"x\",\"Username\":\"helped\",\"Secret\":\"'\n"
	    "cat\nprintf '\"}\\n'\n",
	    0755);
	put("bin/docker-credential-token",
	    "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'\n", 0755);
	put("bin/docker-credential-none",
	    "#!/bin/sh\necho 'credentials not found in native keychain'; exit 1\n", 0755);
	put("bin/docker-credential-broken",
	    "#!/bin/sh\nprintf 'the keychain\\tis \\033[31mlocked'; exit 2\n", 0755);
	put("bin/docker-credential-babble", "#!/bin/sh\necho hello\n", 0755);
	put("bin/docker-credential-inject",
	    "#!/bin/sh\nprintf '{\"Username\":\"u\\\\r\\\\nX: y\",\"Secret\":\"s\"}'\n", 0755);
	put("bin/docker-credential-flood", "#!/bin/sh\nyes | head -c 70000\n", 0755);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {
		"bin/docker-credential-good",
		"bin/docker-credential-token",
		"bin/docker-credential-none",
		"bin/docker-credential-broken",
		"bin/docker-credential-babble",
		"bin/docker-credential-inject",
		"bin/docker-credential-flood",
		".docker/config.json",
		".dockercfg",
		".config/containers/auth.json",
		"run/containers/auth.json",
		"explicit.json",
		"bin",
		".docker",
		".config/containers",
		".config",
		"run/containers",
		"run",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", home, names[i]);
		if (remove(path) && path_exists(path))
			return -1;
	}
	return 0;
}

/* "user:password", "token:...", "bearer:..." or "" */
static void describe(const struct credentials *credentials, char text[256])
{
	if (credentials->registry_token.data)
		snprintf(text, 256, "bearer:%s", credentials->registry_token.data);
	else if (credentials->identity_token.data)
		snprintf(text, 256, "token:%s", credentials->identity_token.data);
	else if (credentials->user.data)
		snprintf(text, 256, "%s:%s", credentials->user.data,
			 credentials->password.data ? credentials->password.data : "");
	else
		text[0] = '\0';
}

#define HUB    "https://index.docker.io/v1/"
#define UP     "\"auth\":\"dXNlcjpwYXNz\""     /* user:pass */
#define COLONS "\"auth\":\"dXNlcjpwOmE6c3M=\"" /* user:p:a:ss */
#define NULS   "\"auth\":\"dXNlcjpwYXNzAAA=\"" /* user:pass\0\0 */

static const struct {
	const char *host;
	const char *repository;
	const char *config;
	const char *found;
} cases[] = {
	{ "r.io", "app", NULL, "" },
	{ "r.io", "app", "", "" },
	{ "r.io", "app", "{}", "" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{" UP "}}}", "user:pass" },
	{ "r.io", NULL, "{\"auths\":{\"r.io\":{" COLONS "}}}", "user:p:a:ss" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{" NULS "}}}", "user:pass" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcjpwYXNz\\n\"}}}", "user:pass" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{\"auth\":null}}}", "" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":null},\"credHelpers\":null}", "" },
	{ "r.io", "app", "{\"auths\":{\"https://r.io\":{" UP "}}}", "user:pass" },
	{ "r.io", "app", "{\"auths\":{\"https://r.io/v1/\":{" UP "}}}", "user:pass" },
	{ "r.io", "app", "{\"auths\":{\"https://r.io/v2/\":{" UP "}}}", "user:pass" },
	{ "r.io:5000", "app", "{\"auths\":{\"r.io\":{" UP "}}}", "" },
	{ "r.io", "app", "{\"auths\":{\"r.io:5000\":{" UP "}}}", "" },
	{ "r.io", "app", "{\"auths\":{\"ar.io\":{" UP "},\"r.i\":{" UP "},\"R.IO\":{" UP "}}}",
	  "" },
	{ "r.io", "app", "{\"auths\":{\"r.io.evil.com\":{" UP "}}}", "" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{\"username\":\"a\",\"password\":\"b\"}}}", "a:b" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{\"identitytoken\":\"t\"," UP "}}}", "token:t" },
	{ "r.io", "app", "{\"auths\":{\"r.io\":{\"registrytoken\":\"t\"}}}", "bearer:t" },
	{ "r.io", "team/app", "{\"auths\":{\"r.io\":{" UP "},\"r.io/team\":{" COLONS "}}}",
	  "user:p:a:ss" },
	{ "r.io", "team/app", "{\"auths\":{\"r.io/team/app\":{" UP "},\"r.io/team\":{}}}",
	  "user:pass" },
	{ "r.io", "teams/app", "{\"auths\":{\"r.io/team\":{" UP "}}}", "" },
	{ "docker.io", "library/app", "{\"auths\":{\"" HUB "\":{" UP "}}}", "user:pass" },
	{ "docker.io", "library/app", "{\"auths\":{\"docker.io\":{" UP "}}}", "user:pass" },
	{ "docker.io", "library/app", "{\"auths\":{\"registry-1.docker.io\":{" UP "}}}",
	  "user:pass" },
	{ "r.io", "app", "{\"auths\":{\"" HUB "\":{" UP "}}}", "" },
	{ "r.io", "app", "{\"credsStore\":\"good\",\"auths\":{\"r.io\":{}}}", "helped:r.io" },
	{ "docker.io", "a/b", "{\"credsStore\":\"good\"}", "helped:" HUB },
	{ "r.io", "app", "{\"credsStore\":\"token\"}", "token:refresh" },
	{ "r.io", "app", "{\"credsStore\":\"none\"}", "" },
	{ "r.io", "app", "{\"credsStore\":\"none\",\"auths\":{\"r.io\":{" UP "}}}", "user:pass" },
	{ "r.io", "app", "{\"credsStore\":\"broken\",\"credHelpers\":{\"r.io\":\"good\"}}",
	  "helped:r.io" },
	{ "r.io", "app", "{\"credHelpers\":{\"r.io.evil\":\"broken\",\"o.io\":\"broken\"}}", "" },
	{ "r.io", "app", "{\"credHelpers\":{\"r.io\":\"good\"},\"auths\":{\"r.io\":{" UP "}}}",
	  "helped:r.io" },
	{ "docker.io", "a/b", "{\"credHelpers\":{\"docker.io\":\"good\"}}", "helped:" HUB },
	/* Another host's entry is none of our business, even if it is broken. */
	{ "r.io", "app", "{\"auths\":{\"o.io\":{\"auth\":\"%\"},\"r.io\":{" UP "}}}", "user:pass" },
};

static void test_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(credentials_release) struct credentials credentials = { 0 };
		struct error err = { 0 };
		char text[256];

		if (cases[i].config)
			put(".docker/config.json", cases[i].config, 0600);
		if (credentials_find(cases[i].host, cases[i].repository, &credentials, &err))
			fail_msg("%s: %s", cases[i].config, err.message);
		describe(&credentials, text);
		if (!str_equal(text, cases[i].found))
			fail_msg("%s: '%s'", cases[i].config, text);
		assert_int_equal(credentials_are_anonymous(&credentials), !text[0]);
	}
}

static const struct {
	const char *config;
	enum error_kind kind;
	const char *message;
} failures[] = {
	{ "{", ERROR_INPUT, "JSON: not valid at byte 0 of 1" },
	{ "{\"auths\":{},\"auths\":{}}", ERROR_INPUT, "JSON: the key 'auths' stands twice" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcjpw*XNz\"}}}", ERROR_INPUT,
	  "auths.'r.io': 'auth' is not base64" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcg==\"}}}", ERROR_INPUT,
	  "auths.'r.io': 'auth' has no ':'" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"OnBhc3M=\"}}}", ERROR_INPUT,
	  "auths.'r.io': 'auth' has no user" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcjpwYQ0KWDogeQ==\"}}}", ERROR_INPUT,
	  "auths.'r.io': a control character in a credential" },
	{ "[]", ERROR_INPUT, "JSON: not an object" },
	{ "{\"auths\":[]}", ERROR_INPUT, "'auths' is not an object" },
	{ "{\"credHelpers\":\"good\"}", ERROR_INPUT, "'credHelpers' is not an object" },
	{ "{\"auths\":{\"r.io\":\"user:pass\"}}", ERROR_INPUT, "auths.'r.io': not an object" },
	{ "{\"auths\":{\"r.io\":{\"auth\":[]}}}", ERROR_INPUT,
	  "auths.'r.io': 'auth' is not a string" },
	{ "{\"auths\":{\"r.io\":{\"password\":1}}}", ERROR_INPUT,
	  "auths.'r.io': 'password' is not a string" },
	{ "{\"credsStore\":\"../evil\"}", ERROR_INPUT,
	  "credsStore: '../evil' is no name of a credential helper" },
	{ "{\"credsStore\":\"a b\"}", ERROR_INPUT,
	  "credsStore: 'a b' is no name of a credential helper" },
	{ "{\"credsStore\":\"absent\"}", ERROR_NOT_FOUND,
	  "credsStore: the program 'docker-credential-absent' is not there" },
	{ "{\"credHelpers\":{\"r.io\":\"broken\"}}", ERROR_DENIED,
	  "credHelpers: 'docker-credential-broken' ended with exit code 2: "
	  "the keychain\tis ?[31mlocked" },
	{ "{\"credsStore\":\"babble\"}", ERROR_DENIED,
	  "credsStore: the answer of 'docker-credential-babble' is not as its protocol says" },
	{ "{\"credsStore\":\"inject\"}", ERROR_DENIED,
	  "credsStore: the answer of 'docker-credential-inject' is not as its protocol says" },
	{ "{\"credsStore\":\"flood\"}", ERROR_SYSTEM,
	  "credsStore: docker-credential-flood: longer than 65536 bytes" },
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		AUTO(credentials_release) struct credentials credentials = { 0 };
		struct error err = { 0 };
		char expected[512];

		snprintf(expected, sizeof(expected),
			 "credentials for 'r.io': '%s/.docker/config.json': %s", home,
			 failures[i].message);
		put(".docker/config.json", failures[i].config, 0600);
		assert_int_equal(credentials_find("r.io", "app", &credentials, &err), -1);
		assert_string_equal(err.message, expected);
		assert_int_equal(err.kind, failures[i].kind);
		assert_true(credentials_are_anonymous(&credentials));
	}
}

static void check_user(const char *expected)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };
	struct error err = { 0 };

	assert_int_equal(credentials_find("r.io", "app", &credentials, &err), 0);
	assert_string_equal(credentials.user.data ? credentials.user.data : "", expected);
}

#define ENTRY(user) "{\"auths\":{\"r.io\":{\"username\":\"" user "\",\"password\":\"p\"}}}"

/* Each one that is added comes before those that were there. */
static void test_order_of_places(void **state)
{
	char path[128];

	(void)state;
	put(".docker/config.json", "{}", 0600);
	check_user("");
	setenv("CI_REGISTRY", "r.io", 1);
	setenv("CI_JOB_TOKEN", "t", 1);
	check_user("gitlab-ci-token");
	put(".dockercfg", "{\"r.io\":{\"auth\":\"bGVnYWN5OnA=\"}}", 0600);
	check_user("legacy");
	put(".docker/config.json", ENTRY("docker"), 0600);
	check_user("docker");
	put(".config/containers/auth.json", ENTRY("config"), 0600);
	check_user("config");
	snprintf(path, sizeof(path), "%s/run", home);
	setenv("XDG_RUNTIME_DIR", path, 1);
	put("run/containers/auth.json", ENTRY("run"), 0600);
	check_user("run");
	snprintf(path, sizeof(path), "%s/.docker", home);
	setenv("DOCKER_CONFIG", path, 1);
	check_user("docker");
	setenv("DOCKER_CONFIG", "/nonexistent", 1);
	check_user("run");
	snprintf(path, sizeof(path), "%s/explicit.json", home);
	setenv("REGISTRY_AUTH_FILE", path, 1);
	put("explicit.json", ENTRY("explicit"), 0600);
	check_user("explicit");
	put("explicit.json", "{}", 0600);
	check_user("gitlab-ci-token");
	setenv("DOCKER_AUTH_CONFIG", ENTRY("variable"), 1);
	check_user("variable");
	unsetenv("DOCKER_AUTH_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("DOCKER_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("CI_REGISTRY");
	unsetenv("CI_JOB_TOKEN");
	put(".config/containers/auth.json", "{}", 0600);
	put(".dockercfg", "{}", 0600);
}

static void test_a_variable_that_makes_no_sense(void **state)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };
	struct error err = { 0 };

	(void)state;
	setenv("DOCKER_AUTH_CONFIG", "{", 1);
	assert_int_equal(credentials_find("r.io", "app", &credentials, &err), -1);
	assert_string_equal(err.message, "credentials for 'r.io': DOCKER_AUTH_CONFIG: JSON: not "
					 "valid at byte 0 of 1");
	assert_int_equal(err.kind, ERROR_INPUT);
	unsetenv("DOCKER_AUTH_CONFIG");
}

/* However many repositories at one host are asked for. */
static void test_a_helper_is_asked_once(void **state)
{
	AUTO(buf_release) struct buf calls = BUF_INIT(100);
	struct error err = { 0 };
	char path[128];

	(void)state;
	put("bin/docker-credential-token",
	    "#!/bin/sh\necho \"$1\" >>\"$HOME/calls\"\n"
	    "echo '{\"Username\":\"once\",\"Secret\":\"s\"}'\n",
	    0755);
	put(".docker/config.json", "{\"credHelpers\":{\"once.io\":\"token\"}}", 0600);
	for (int i = 0; i < 3; i++) {
		AUTO(credentials_release) struct credentials credentials = { 0 };

		assert_int_equal(credentials_find("once.io", i ? "a" : "b", &credentials, &err), 0);
		assert_string_equal(credentials.user.data, "once");
		assert_string_equal(credentials.password.data, "s");
	}
	snprintf(path, sizeof(path), "%s/calls", home);
	assert_int_equal(path_read(path, &calls, &err), 0);
	assert_string_equal(calls.data, "get\n");
	unlink(path);
	put("bin/docker-credential-token",
	    "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'\n", 0755);
}

static void check_header(const struct secret *header, const char *expected)
{
	AUTO(buf_release) struct buf json = BUF_INIT(1000);
	struct error err = { 0 };

	assert_int_equal(
		base64_decode((struct slice){ header->data, header->len }, BASE64_URL, &json, &err),
		0);
	assert_string_equal(json.data, expected);
}

static const struct {
	const char *host;
	const char *config;
	const char *header;
} headers[] = {
	{ "r.io", "{}", "{}" },
	{ "r.io", "{\"auths\":{\"r.io\":{" UP "}}}",
	  "{\"username\":\"user\",\"password\":\"pass\",\"serveraddress\":\"r.io\"}" },
	{ "r.io", "{\"auths\":{\"r.io\":{\"username\":\"\\\"?>\",\"password\":\"~~~\"}}}",
	  "{\"username\":\"\\\"?>\",\"password\":\"~~~\",\"serveraddress\":\"r.io\"}" },
	{ "docker.io", "{\"auths\":{\"" HUB "\":{" UP "}}}",
	  "{\"username\":\"user\",\"password\":\"pass\",\"serveraddress\":\"" HUB "\"}" },
	{ "r.io", "{\"credsStore\":\"token\"}",
	  "{\"identitytoken\":\"refresh\",\"serveraddress\":\"r.io\"}" },
	{ "r.io", "{\"auths\":{\"r.io\":{\"registrytoken\":\"t\"," UP "}}}",
	  "{\"registrytoken\":\"t\",\"serveraddress\":\"r.io\"}" },
};

static void test_engine_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		AUTO(credentials_release) struct credentials credentials = { 0 };
		AUTO(secret_release) struct secret header = { 0 };
		struct error err = { 0 };

		put(".docker/config.json", headers[i].config, 0600);
		assert_int_equal(credentials_find(headers[i].host, "app", &credentials, &err), 0);
		assert_int_equal(
			credentials_registry_auth(&credentials, headers[i].host, &header, &err), 0);
		check_header(&header, headers[i].header);
	}
	put(".docker/config.json", "{}", 0600);
}

static void test_anonymous_header_is_never_empty(void **state)
{
	AUTO(secret_release) struct secret header = { 0 };
	struct credentials none = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(credentials_registry_auth(&none, "r.io", &header, &err), 0);
	assert_string_equal(header.data, "e30=");
}

static void test_build_header_has_only_the_hosts_asked_for(void **state)
{
	char *asked[] = { (char[]){ "docker.io" }, (char[]){ "r.io" }, (char[]){ "x.io" }, NULL };
	AUTO(secret_release) struct secret header = { 0 };
	struct strv hosts = { asked, 3 };
	struct error err = { 0 };

	(void)state;
	put(".docker/config.json",
	    "{\"credHelpers\":{\"r.io\":\"good\"},\"auths\":{\"o.io\":{" UP "},\"" HUB "\":{" UP
	    "}}}",
	    0600);
	assert_int_equal(credentials_registry_config(&hosts, &header, &err), 0);
	check_header(&header, "{\"" HUB "\":{\"username\":\"user\",\"password\":\"pass\","
			      "\"serveraddress\":\"" HUB "\"},\"r.io\":{\"username\":\"helped\","
			      "\"password\":\"r.io\",\"serveraddress\":\"r.io\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_order_of_places),
		cmocka_unit_test(test_a_variable_that_makes_no_sense),
		cmocka_unit_test(test_a_helper_is_asked_once),
		cmocka_unit_test(test_engine_header),
		cmocka_unit_test(test_anonymous_header_is_never_empty),
		cmocka_unit_test(test_build_header_has_only_the_hosts_asked_for),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
