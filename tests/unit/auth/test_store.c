/* SPDX-License-Identifier: MIT */
/* Where credentials are kept and erased. Each case begins with a home folder
 * of its own; the helper is a script that notes what it was told. */
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

#include "auth/store.h"
#include "base/path.h"
#include "base/process.h"

static char home[64];

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", home, name);
}

static void put(const char *name, const char *text, mode_t mode)
{
	AUTOFREE char *folder = NULL;
	struct error err = { 0 };
	char path[128];

	path_of(name, path);
	folder = str_copy(path, &err);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(path_make_folders(folder, 0700, &err), 0);
	assert_int_equal(path_write(path, slice_of(text), mode, &err), 0);
}

static void expect_file(const char *name, const char *expected)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	struct error err = { 0 };
	struct stat st;
	char path[128];

	path_of(name, path);
	assert_int_equal(path_read(path, &text, &err), 0);
	assert_string_equal(text.data, expected);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void expect_none(const char *name)
{
	char path[128];

	path_of(name, path);
	assert_false(path_exists(path));
}

static int set_up(void **state)
{
	static const char helper[] =
		"#!/bin/sh\n"
		"cd \"$HOME\"\n"
		"case $1 in\n"
		"store) cat >kept ;;\n"
		"erase) cat >erased; rm -f kept ;;\n"
		"get) [ -f kept ] && exec cat kept\n"
		"     echo 'credentials not found in native keychain'; exit 1 ;;\n"
		"esac\n";
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memcpy(home, "/tmp/git-image-store-XXXXXX", 28);
	assert_non_null(mkdtemp(home));
	path = str_format(&err, "%s/bin:/usr/bin:/bin", home);
	setenv("PATH", path, 1);
	setenv("HOME", home, 1);
	free(path);
	path = str_format(&err, "%s/run", home);
	setenv("XDG_RUNTIME_DIR", path, 1);
	unsetenv("DOCKER_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_CONFIG_HOME");
	put("bin/docker-credential-good", helper, 0755);
	put("bin/docker-credential-locked", "#!/bin/sh\necho 'it is locked'; exit 1\n", 0755);
	return 0;
}

static int tear_down(void **state)
{
	const char *const argv[] = { "rm", "-rf", home, NULL };
	AUTO(buf_release) struct buf none = BUF_INIT(1);
	struct error err = { 0 };
	int code;

	(void)state;
	return process_run(&(struct process_options){ .argv = argv }, &none, &code, &err) || code
		       ? -1
		       : 0;
}

static int store(const char *host, const char *user, struct store_place *place, struct error *err)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };

	assert_int_equal(secret_set(&credentials.user, slice_of(user), err), 0);
	assert_int_equal(secret_set(&credentials.password, SLICE("pass"), err), 0);
	return credentials_store(host, &credentials, place, err);
}

/* Keeps user:pass, expects it in a file, or with a helper if `name` is none,
 * and that it is found again. */
static void keep(const char *host, const char *name)
{
	AUTO(credentials_release) struct credentials found = { 0 };
	AUTO(store_place_release) struct store_place place = { 0 };
	struct error err = { 0 };

	if (store(host, "user", &place, &err))
		fail_msg("%s", err.message);
	assert_true(str_ends(place.text, name));
	assert_int_equal(place.is_plain, !str_starts(name, "docker-credential-"));
	assert_int_equal(credentials_find(host, "app", &found, &err), 0);
	assert_string_equal(found.user.data, "user");
	assert_string_equal(found.password.data, "pass");
}

/* Erases, from so many places, and nothing is found any more. */
static void erase(const char *host, size_t places)
{
	AUTO(credentials_release) struct credentials found = { 0 };
	AUTO(strv_release) struct strv list = { 0 };
	struct error err = { 0 };

	if (credentials_erase(host, &list, &err))
		fail_msg("%s", err.message);
	assert_int_equal(list.len, places);
	assert_int_equal(credentials_find(host, "team/app", &found, &err), 0);
	assert_true(credentials_are_anonymous(&found));
}

#define ENTRY  "{\n\t\t\t\"auth\": \"dXNlcjpwYXNz\"\n\t\t}"
#define DOCKER ".docker/config.json"
#define PODMAN "run/containers/auth.json"

static void test_a_new_home(void **state)
{
	(void)state;
	erase("r.io", 0);
	expect_none(DOCKER);
	keep("r.io", "/" DOCKER);
	expect_file(DOCKER, "{\n\t\"auths\": {\n\t\t\"r.io\": " ENTRY "\n\t}\n}\n");
	keep("docker.io", "/" DOCKER);
	expect_file(DOCKER, "{\n\t\"auths\": {\n\t\t\"r.io\": " ENTRY
			    ",\n\t\t\"https://index.docker.io/v1/\": " ENTRY "\n\t}\n}\n");
	erase("r.io", 1);
	erase("r.io", 0);
	erase("docker.io", 1);
	expect_file(DOCKER, "{\n\t\"auths\": {}\n}\n");
}

static void test_the_rest_of_the_file_stays(void **state)
{
	(void)state;
	put(DOCKER,
	    "{\n\t\"HttpHeaders\": {\"A\": 1.50},\n\t\"auths\": {\n\t\t\"o.io\": {}\n\t},\n"
	    "\t\"psFormat\": \"\\u0041\"\n}",
	    0644);
	keep("r.io:5000", "/" DOCKER);
	expect_file(DOCKER,
		    "{\n\t\"HttpHeaders\": {\"A\": 1.50},\n\t\"auths\": {\n\t\t\"o.io\": {},\n"
		    "\t\t\"r.io:5000\": " ENTRY "\n\t},\n\t\"psFormat\": \"\\u0041\"\n}");
}

/* So that nothing stale goes before what is new. */
static void test_one_entry_takes_the_place_of_all(void **state)
{
	(void)state;
	put(DOCKER,
	    "{\"auths\":{\"https://r.io\":{\"identitytoken\":\"old\"},\"r.io/team\":{\"auth\":"
	    "\"bzpv\"},\"https://r.io/v2/\":{\"auth\":\"bzpv\"},\"xr.io\":{}}}",
	    0600);
	keep("r.io", "/" DOCKER);
	expect_file(DOCKER, "{\"auths\":{\"https://r.io\":{\"auth\": \"dXNlcjpwYXNz\"},"
			    "\"r.io/team\":{\"auth\":\"bzpv\"},\"xr.io\":{}}}");
	erase("r.io", 1);
	expect_file(DOCKER, "{\"auths\":{\"xr.io\":{}}}");
}

static void test_podman(void **state)
{
	(void)state;
	put(PODMAN, "{\"auths\":{}}", 0600);
	keep("r.io", "/" PODMAN);
	expect_none(DOCKER);
	put(DOCKER, "{}", 0600);
	keep("o.io", "/" DOCKER);
	/* What was found before stays where it was. */
	keep("r.io", "/" PODMAN);
	expect_file(PODMAN, "{\"auths\":{\"r.io\":{\"auth\": \"dXNlcjpwYXNz\"}}}");
	put(DOCKER, "{\"auths\":{\"r.io\":{\"auth\":\"bzpv\"}}}", 0600);
	erase("r.io", 2);
	put(".dockercfg", "{\"l.io\":{\"auth\":\"bzpv\",\"email\":\"\"}}", 0600);
	keep("l.io", "/.dockercfg");
	expect_file(".dockercfg", "{\"l.io\":{\"auth\": \"dXNlcjpwYXNz\"}}");
	erase("l.io", 1);
}

static void test_the_file_that_a_variable_names(void **state)
{
	char path[128];

	(void)state;
	path_of("new/auth.json", path);
	setenv("REGISTRY_AUTH_FILE", path, 1);
	put(DOCKER, "{\"auths\":{\"r.io\":{\"auth\":\"bzpv\"}}}", 0600);
	keep("r.io", "/new/auth.json");
	erase("r.io", 1);
	expect_file(DOCKER, "{\"auths\":{\"r.io\":{\"auth\":\"bzpv\"}}}");
	unsetenv("REGISTRY_AUTH_FILE");
	path_of("config", path);
	setenv("DOCKER_CONFIG", path, 1);
	keep("r.io", "/config/config.json");
	unsetenv("DOCKER_CONFIG");
}

static void test_links_are_followed(void **state)
{
	struct stat st;
	char path[128];

	(void)state;
	put(".docker/other", "", 0600);
	path_of("dotfiles", path);
	assert_int_equal(mkdir(path, 0700), 0);
	path_of(DOCKER, path);
	assert_int_equal(symlink("../dotfiles/link", path), 0);
	path_of("dotfiles/link", path);
	assert_int_equal(symlink("docker.json", path), 0);
	keep("r.io", "/" DOCKER);
	expect_file("dotfiles/docker.json", "{\n\t\"auths\": {\n\t\t\"r.io\": " ENTRY "\n\t}\n}\n");
	path_of(DOCKER, path);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void test_helpers(void **state)
{
	(void)state;
	put(DOCKER, "{\"auths\":{\"r.io\":{\"auth\":\"bzpv\"}},\"credsStore\":\"good\"}", 0600);
	keep("r.io", "docker-credential-good");
	expect_file(DOCKER, "{\"auths\":{},\"credsStore\":\"good\"}");
	erase("r.io", 1);
	erase("r.io", 0);
	put(DOCKER, "{\"credHelpers\":{\"r.io\":\"good\"},\"credsStore\":\"locked\"}", 0600);
	keep("r.io", "docker-credential-good");
}

static void test_what_a_helper_is_told(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	struct error err = { 0 };
	char path[128];

	(void)state;
	put(DOCKER, "{\"credsStore\":\"good\"}", 0600);
	keep("docker.io", "docker-credential-good");
	path_of("kept", path);
	assert_int_equal(path_read(path, &text, &err), 0);
	assert_string_equal(text.data, "{\"ServerURL\":\"https://index.docker.io/v1/\","
				       "\"Username\":\"user\",\"Secret\":\"pass\"}");
	erase("docker.io", 1);
	buf_reset(&text);
	path_of("erased", path);
	assert_int_equal(path_read(path, &text, &err), 0);
	assert_string_equal(text.data, "https://index.docker.io/v1/");
}

static const struct {
	const char *config;
	const char *user;
	enum error_kind kind;
	const char *message;
} refusals[] = {
	{ "{\"credsStore\":\"locked\"}", "user", ERROR_DENIED,
	  "cannot keep the credentials for 'r.io': 'docker-credential-locked' ended with exit "
	  "code 1: it is locked" },
	{ "{\"credsStore\":\"absent\"}", "user", ERROR_NOT_FOUND,
	  "cannot keep the credentials for 'r.io': the program 'docker-credential-absent' is not "
	  "there" },
	{ "{\"auths\":[]}", "user", ERROR_INPUT,
	  "cannot keep the credentials for 'r.io': JSON: 'auths' is no object" },
	{ "{}", "us:er", ERROR_INPUT,
	  "cannot keep the credentials for 'r.io': a user's name with a ':' cannot be kept" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		AUTO(store_place_release) struct store_place place = { 0 };
		struct error err = { 0 };

		put(DOCKER, refusals[i].config, 0600);
		assert_int_equal(store("r.io", refusals[i].user, &place, &err), -1);
		assert_string_equal(err.message, refusals[i].message);
		assert_int_equal(err.kind, refusals[i].kind);
		expect_file(DOCKER, refusals[i].config);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_home),
		TEST(test_the_rest_of_the_file_stays),
		TEST(test_one_entry_takes_the_place_of_all),
		TEST(test_podman),
		TEST(test_the_file_that_a_variable_names),
		TEST(test_links_are_followed),
		TEST(test_helpers),
		TEST(test_what_a_helper_is_told),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
