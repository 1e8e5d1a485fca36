/* SPDX-License-Identifier: MIT */
/* VERSION, REGISTRY and HASH of an image's folder. */
#include "../git/fixture.h"
#include "flow/config/configure.h"
#include "flow/config/folder-files.h"

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

/* What holds for image "web" of a commit that a script has filled. */
static int resolve(const char *script, struct settings *ret_settings, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(run_close) struct run run = { .alive_fd = -1 };

	fixture_run("rm -rf app && git init -q app && cd app && mkdir -p docker/web && "
		    "echo 'FROM scratch' | tee Dockerfile >docker/web/Dockerfile && "
		    "printf '[image]\\nregistry = all.example\\n[image \"web\"]\\n"
		    "context = docker/web\\nversion = 1\\n' >.gitimage && %s && "
		    "git add . && git commit -q -m c",
		    script);
	if (run_open(&(struct run_options){ .folder = fixture_text("ROOT/app") }, NULL, &run,
		     err) ||
	    configure_read(&run, &configuration, err) ||
	    settings_resolve(&configuration, "web", ret_settings, err))
		return -1;
	return folder_files_apply(&run, &configuration, "web", ret_settings, err);
}

static const struct {
	const char *script;
	const char *version, *registry, *digest;
} found[] = {
	{ "true", "1", "all.example", NULL },
	{ "echo 1.2.3 >docker/web/VERSION", "1.2.3", "all.example", NULL },
	{ "printf '1.2.3\\r\\n' >docker/web/VERSION", "1.2.3", "all.example", NULL },
	{ "printf 2 >docker/web/VERSION && echo other.example:5000/team >docker/web/REGISTRY", "2",
	  "other.example:5000/team", NULL },
	{ "echo " DIGEST " >docker/web/HASH", "1", "all.example", DIGEST },
	/* The user is stronger than the tree, and the root is no image's folder. */
	{ "git config image.registry mine.example && echo other.example >docker/web/REGISTRY", "1",
	  "mine.example", NULL },
	{ "sed -i '/context/d' .gitimage && : >VERSION && : >docker/web/VERSION", "1",
	  "all.example", NULL },
};

static void test_files_stand_for_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		struct error err = { 0 };

		assert_int_equal(resolve(found[i].script, &settings, &err), 0);
		assert_string_equal(settings.version, found[i].version);
		assert_string_equal(settings.registry, found[i].registry);
		assert_true(str_equal(settings.digest, found[i].digest));
	}
}

static const struct {
	const char *script;
	const char *message; /* behind the file's name and commit */
} refused[] = {
	{ ": >docker/web/VERSION", "VERSION: it is empty" },
	{ "printf ' \\n\\n' >docker/web/REGISTRY", "REGISTRY: it is empty" },
	{ "printf '1\\n2\\n' >docker/web/VERSION", "VERSION: it holds more than one line" },
	{ "printf '1\\0002\\n' >docker/web/VERSION", "VERSION: it holds more than one line" },
	{ "ln -s /etc/hostname docker/web/VERSION", "VERSION: it is not a regular file" },
	{ "mkdir docker/web/HASH && echo >docker/web/HASH/a", "HASH: it is not a regular file" },
	{ "head -c 1100 /dev/zero >docker/web/HASH", "HASH: " },
	{ "echo 'a b' >docker/web/VERSION",
	  "VERSION: 'image.web.version': expected a version that can be a tag, such as 1.2.3, not "
	  "'a b'" },
	{ "echo r.example/Team >docker/web/REGISTRY",
	  "REGISTRY: 'image.web.registry': expected HOST[:PORT][/PATH], not 'r.example/Team'" },
	{ "echo abc >docker/web/HASH",
	  "HASH: 'image.web.digest': expected 'sha256:' and 64 hexadecimal digits, not 'abc'" },
};

static void test_what_is_refused_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		struct error err = { 0 };
		char message[512];

		assert_int_equal(resolve(refused[i].script, &settings, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		snprintf(message, sizeof(message), "'docker/web/%.*s' in commit %s%s",
			 (int)strcspn(refused[i].message, ":"), refused[i].message,
			 fixture_output("git -C app rev-parse HEAD | cut -c1-7"),
			 strchr(refused[i].message, ':'));
		if (strcmp(refused[i].message, "HASH: ") == 0)
			assert_memory_equal(err.message, message, strlen(message));
		else
			assert_string_equal(err.message, message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_stand_for_keys),
		cmocka_unit_test(test_what_is_refused_is_named),
	};

	return cmocka_run_group_tests_name("flow/folder-files", tests, fixture_start, fixture_end);
}
