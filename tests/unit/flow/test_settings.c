/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "flow/config/settings.h"

struct listener {
	struct event_sink sink;
	int count;
	char text[LIMIT_ERROR_MESSAGE];
};

static void listen(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	assert_int_equal(event->type, EVENT_WARNING);
	listener->count++;
	snprintf(listener->text, sizeof(listener->text), "%.*s", (int)event->text.len,
		 event->text.data);
}

/* Adds one entry and resolves: the image named `image`, NULL for none. */
static int set(const struct setting_entry *entry, const char *image, struct settings *ret_settings,
	       struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };

	if (configuration_add(&configuration, entry, NULL, err))
		return -1;
	return settings_resolve(&configuration, image, ret_settings, err);
}

static void test_presets(void **state)
{
	AUTO(settings_release) struct settings settings = { 0 };
	struct configuration none = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(settings_resolve(&none, NULL, &settings, &err), 0);
	assert_null(settings.registry);
	assert_string_equal(settings.context, ".");
	assert_null(settings.dockerfile);
	assert_int_equal(settings.sha_length, 7);
	assert_string_equal(settings.sha_env, "SHA");
	assert_int_equal(settings.ready_timeout_ms, LIMIT_READY_MS);
	assert_int_equal(settings.test_timeout_ms, LIMIT_TEST_MS);
	assert_int_equal(settings.prune, PRUNE_AUTO);
	assert_int_equal(settings.keep, 0);
	assert_int_equal(settings.builder, BUILDER_AUTO);
	assert_int_equal(settings.frontend, FRONTEND_AUTO);
	assert_int_equal(settings.platforms.len, 0);
	assert_int_equal(settings.secrets.len, 0);
	assert_int_equal(settings.submodules, SUBMODULES_ERROR);
	assert_int_equal(settings.lfs, LFS_ERROR);
	assert_null(settings.test.text);
}

/* Something that each key takes. */
static const char *sample(const struct setting_spec *spec)
{
	static const char *const samples[] = {
		[SETTING_TEXT] = "text",
		[SETTING_REGISTRY] = "localhost:5000",
		[SETTING_REPOSITORY] = "r.example/team/app",
		[SETTING_PLATFORMS] = "linux/arm64, linux/amd64",
		[SETTING_DURATION] = "5m",
		[SETTING_PAIRS] = "A=1",
		[SETTING_COMMAND] = "true",
		[SETTING_READY] = "exec:true",
		[SETTING_TREE_PATH] = "a/b",
		[SETTING_CONTAINER_PATH] = "/reports",
		[SETTING_VARIABLE] = "COMMIT",
		[SETTING_SECRET] = "npm",
		[SETTING_SSH] = "default",
		[SETTING_CACHE_FROM] = "r.example/app:cache",
		[SETTING_CACHE_TO] = "inline",
		[SETTING_TAG] = "{branch}",
		[SETTING_TAG_PREFIX] = "sha-",
		[SETTING_TARGET] = "oci:images",
		[SETTING_HOSTS] = "r.example:5000",
		[SETTING_INDEX] = "oci:r.example/team/index",
		[SETTING_BASE] = "python:3.8-alpine",
		[SETTING_FILES] = "only:src lib",
		[SETTING_VERSION] = "1.2.3",
		[SETTING_DIGEST] =
			"sha256:"
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		[SETTING_NAMES] = "base",
		[SETTING_FOLDERS] = "docker/*",
	};

	if (spec->type == SETTING_INT)
		return "9";
	return spec->choices ? spec->choices[1] : samples[spec->type];
}

/* The keys that come from the user alone; the rest may stand in the tree. */
/* clang-format off */
static const char *const user_keys[] = {
	"builder", "frontend", "ssh", "cacheFrom", "cacheTo",
	"reportFolder", "engine", "trialEngine", "jobs", "trust",
	"publish", "compression", "plainHttp", "tokenServer", "to",
	"ensure", "index", "retest", "trustedBranch",
};
/* clang-format on */

static bool is_user_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(user_keys); i++)
		if (!strcmp(user_keys[i], name))
			return true;
	return false;
}

static void test_hostile_tree(void **state)
{
	size_t count, refused = 0;
	const struct setting_spec *specs = setting_specs(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		struct setting_entry entry = {
			.source = SETTINGS_TREE,
			.subsection = specs[i].is_single ? "web" : NULL,
			.key = specs[i].name,
			.value = sample(&specs[i]),
			.where = ".gitimage:1",
		};
		struct error err = { 0 };
		char message[256], hint[256];

		assert_int_equal(specs[i].may_tree_set, !is_user_key(specs[i].name));
		if (!is_user_key(specs[i].name)) {
			assert_int_equal(set(&entry, NULL, &settings, &err), 0);
			continue;
		}
		refused++;
		assert_int_equal(set(&entry, NULL, &settings, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		snprintf(
			message, sizeof(message),
			".gitimage:1: 'image.%s': a repository may not set this, only its user may",
			specs[i].name);
		assert_string_equal(err.message, message);
		snprintf(hint, sizeof(hint),
			 "remove it there; if you want it: git config image.%s VALUE",
			 specs[i].name);
		assert_string_equal(err.hint, hint);
	}
	assert_int_equal(refused, ARRAY_SIZE(user_keys));
}

static void test_table(void **state)
{
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		enum setting_type type = specs[i].type;
		bool is_number =
			type == SETTING_INT || type == SETTING_DURATION || type == SETTING_CHOICE;

		assert_ptr_equal(setting_find(specs[i].name), &specs[i]);
		/* Unset they are 0: no limit, no period. */
		is_number &= strcmp(specs[i].name, "buildTimeout") != 0 &&
			     strcmp(specs[i].name, "interval") != 0;
		assert_true(!is_number || specs[i].preset);
		assert_int_equal(type == SETTING_CHOICE, specs[i].choices != NULL);
		assert_true(specs[i].choices || specs[i].argument);
		assert_true(str_ends(specs[i].help, "."));
	}
	assert_ptr_equal(setting_find("READYtimeout"), setting_find("readyTimeout"));
	assert_null(setting_find("readyTime"));
}

static const struct {
	struct setting_entry entry;
	const char *first, *last; /* paths of the image "web" from then on; NULL: none */
} places[] = {
	{ { .source = SETTINGS_TREE, .key = "files", .value = "only:b" }, "b", "b" },
	{ { .source = SETTINGS_TREE, .key = "files", .value = "only:a c" }, "a", "c" },
	{ { .source = SETTINGS_TREE, .key = "files", .value = "nothing", .subsection = "api" },
	  "a",
	  "c" },
	{ { .source = SETTINGS_TREE, .key = "files", .value = "only:d", .subsection = "web" },
	  "d",
	  "d" },
	{ { .source = SETTINGS_OPTION, .key = "files", .value = "allbut:e" }, "e", "e" },
	{ { .source = SETTINGS_OPTION, .key = "files", .value = "allbut:f" }, "e", "f" },
	{ { .source = SETTINGS_OPTION, .key = "files", .value = "" }, NULL, NULL },
};

static void test_paths_of_files_join_within_a_place(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		const struct strv *paths = &settings.files.paths;

		assert_int_equal(configuration_add(&configuration, &places[i].entry, NULL, &err),
				 0);
		assert_int_equal(settings_resolve(&configuration, "web", &settings, &err), 0);
		if (!places[i].first) {
			assert_int_equal(settings.files.kind, SELECTION_ALL);
			continue;
		}
		assert_string_equal(paths->items[0], places[i].first);
		assert_string_equal(paths->items[paths->len - 1], places[i].last);
	}
}

static void test_unknown_key(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	struct listener listener = { .sink.emit = listen };
	struct setting_entry entry = { .key = "conetxt", .value = "a", .where = ".gitimage:2" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(configuration_add(&configuration, &entry, &listener.sink, &err), 0);
	assert_string_equal(listener.text, ".gitimage:2: unknown key 'image.conetxt', did you mean "
					   "'context'?");
	entry = (struct setting_entry){ .key = "zzz", .value = "a", .subsection = "web" };
	assert_int_equal(configuration_add(&configuration, &entry, &listener.sink, &err), 0);
	assert_string_equal(listener.text, "unknown key 'image.web.zzz'");
	assert_int_equal(listener.count, 2);
	assert_int_equal(configuration.len, 0);
}

static void test_commands(void **state)
{
	static const struct {
		const char *text;
		bool uses_shell;
		const char *argv[4];
	} rows[] = {
		{ "pytest -q", true, { "/bin/sh", "-c", "pytest -q" } },
		{ "[\"/test\", \"a b\"]", false, { "/test", "a b" } },
		{ "[ \"/test\" ]", false, { "/test" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		struct setting_entry entry = { .key = "test", .value = rows[i].text };
		struct error err = { 0 };
		size_t j;

		assert_int_equal(set(&entry, NULL, &settings, &err), 0);
		assert_string_equal(settings.test.text, rows[i].text);
		assert_int_equal(settings.test.uses_shell, rows[i].uses_shell);
		for (j = 0; rows[i].argv[j]; j++)
			assert_string_equal(settings.test.argv.items[j], rows[i].argv[j]);
		assert_int_equal(settings.test.argv.len, j);
	}
}

static void test_ready(void **state)
{
	AUTO(settings_release) struct settings settings = { 0 };
	struct setting_entry entry = { .key = "ready", .value = "exec: [\"/ready\"]" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(set(&entry, NULL, &settings, &err), 0);
	assert_string_equal(settings.ready.text, "[\"/ready\"]");
	assert_string_equal(settings.ready.argv.items[0], "/ready");
	assert_false(settings.ready.uses_shell);
}

static void test_ready_by_an_end(void **state)
{
	static const struct {
		const char *value, *text, *program; /* NULL: the image's own */
	} rows[] = {
		{ "exit", "exit", NULL },
		{ "exit:tool --version", "tool --version", "/bin/sh" },
		{ "exit: [\"/tool\"]", "[\"/tool\"]", "/tool" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		struct setting_entry entry = { .key = "ready", .value = rows[i].value };
		struct error err = { 0 };

		assert_int_equal(set(&entry, NULL, &settings, &err), 0);
		assert_true(settings.ready.ends);
		assert_string_equal(settings.ready.text, rows[i].text);
		assert_int_equal(!!settings.ready.argv.len, !!rows[i].program);
		if (rows[i].program)
			assert_string_equal(settings.ready.argv.items[0], rows[i].program);
	}
}

/* What holds for all may be wrong for one, which can forget it. */
static void test_no_tests_after_an_end(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings settings = { 0 };
	const struct setting_entry test = { .key = "test", .value = "/test" },
				   ready = { .subsection = "tool",
					     .key = "ready",
					     .value = "exit" },
				   none = { .subsection = "tool", .key = "test", .value = "" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(configuration_add(&configuration, &test, NULL, &err), 0);
	assert_int_equal(configuration_add(&configuration, &ready, NULL, &err), 0);
	assert_int_equal(settings_resolve(&configuration, "tool", &settings, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message, "'image.tool.test' has no container to run in: "
					 "image.ready has it end");
	assert_string_equal(err.hint, "an empty image.tool.test forgets it; image.tool.ready = "
				      "exit:COMMAND runs a test instead of a service");
	assert_int_equal(configuration_add(&configuration, &none, NULL, &err), 0);
	assert_int_equal(settings_resolve(&configuration, "tool", &settings, &err), 0);
	assert_null(settings.test.text);
}

static const struct setting_entry layered[] = {
	{ .source = SETTINGS_OPTION, .key = "buildArg", .value = "A=option" },
	{ .source = SETTINGS_USER, .key = "target", .value = "user" },
	{ .source = SETTINGS_USER, .subsection = "web", .key = "registry", .value = "" },
	{ .source = SETTINGS_TREE, .subsection = "web", .key = "target", .value = "tree" },
	{ .source = SETTINGS_TREE, .subsection = "web", .key = "context", .value = "./web//x/.." },
	{ .source = SETTINGS_TREE, .key = "context", .value = "all" },
	{ .source = SETTINGS_TREE, .subsection = "api", .key = "context", .value = "api" },
	{ .source = SETTINGS_TREE, .key = "registry", .value = "tree.example" },
	{ .source = SETTINGS_TREE, .key = "buildArg", .value = "A=tree" },
	{ .source = SETTINGS_TREE, .key = "buildArg", .value = "B=x=y" },
	{ .source = SETTINGS_TREE, .key = "keep", .value = "3" },
	{ .source = SETTINGS_OPTION, .key = "keep", .value = "" },
};

static void add_layered(struct configuration *configuration)
{
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(layered); i++)
		if (configuration_add(configuration, &layered[i], NULL, &err))
			fail_msg("%s", err.message);
}

static void test_later_wins(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings web = { 0 }, api = { 0 };
	struct error err = { 0 };

	(void)state;
	add_layered(&configuration);
	assert_int_equal(settings_resolve(&configuration, "web", &web, &err), 0);
	assert_string_equal(web.target, "user");
	assert_string_equal(web.context, "web");
	assert_null(web.registry);
	assert_string_equal(strmap_get(&web.build_args, "A"), "option");
	assert_string_equal(strmap_get(&web.build_args, "B"), "x=y");
	assert_int_equal(web.keep, 0);
	assert_int_equal(settings_resolve(&configuration, "api", &api, &err), 0);
	assert_string_equal(api.context, "api");
	assert_string_equal(api.registry, "tree.example");
}

static void test_images(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 }, user = { 0 };
	AUTO(strv_release) struct strv images = { 0 }, of_user = { 0 };
	struct setting_entry entry = {
		.source = SETTINGS_USER, .subsection = "mine", .key = "target", .value = "x"
	};
	struct error err = { 0 };

	(void)state;
	assert_int_equal(configuration_add(&user, &entry, NULL, &err), 0);
	assert_int_equal(configuration_images(&user, &of_user, &err), 0);
	assert_int_equal(of_user.len, 1);
	assert_string_equal(of_user.items[0], "mine");

	assert_int_equal(configuration_add(&configuration, &entry, NULL, &err), 0);
	add_layered(&configuration);
	assert_int_equal(configuration_images(&configuration, &images, &err), 0);
	assert_int_equal(images.len, 2);
	assert_string_equal(images.items[0], "web");
	assert_string_equal(images.items[1], "api");
}

static void test_environment(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(configuration_release) struct configuration again = { 0 };
	struct listener listener = { .sink.emit = listen };
	AUTO(settings_release) struct settings settings = { 0 };
	struct error err = { 0 };

	(void)state;
	setenv("GIT_IMAGE_READY_TIMEOUT", "500ms", 1);
	setenv("GIT_IMAGE_ENGINE", "unix:///x", 1);
	setenv("GIT_IMAGE_TARGET", "", 1);
	setenv("GIT_IMAGE_LIKE", "of-one-image", 1);
	setenv("GIT_IMAGE_PROGRESS", "plain", 1);
	setenv("GIT_IMAGE_EMPTY", "", 1);
	setenv("GIT_IMAGES", "1", 1);
	assert_int_equal(configuration_add_environment(&configuration, &listener.sink, &err), 0);
	assert_string_equal(listener.text, "unknown environment variable 'GIT_IMAGE_LIKE'");
	unsetenv("GIT_IMAGE_LIKE");
	setenv("GIT_IMAGE_REGISTRI", "secret", 1);
	assert_int_equal(configuration_add_environment(&again, &listener.sink, &err), 0);
	assert_string_equal(listener.text, "unknown environment variable 'GIT_IMAGE_REGISTRI', did "
					   "you mean 'GIT_IMAGE_REGISTRY'?");
	unsetenv("GIT_IMAGE_REGISTRI");
	assert_int_equal(listener.count, 2);
	assert_int_equal(configuration.len, 2);
	assert_int_equal(settings_resolve(&configuration, NULL, &settings, &err), 0);
	assert_int_equal(settings.ready_timeout_ms, 500);
	assert_string_equal(settings.engine, "unix:///x");
	setenv("GIT_IMAGE_READY_TIMEOUT", "soon", 1);
	assert_int_equal(configuration_add_environment(&configuration, NULL, &err), -1);
	assert_string_equal(err.message,
			    "GIT_IMAGE_READY_TIMEOUT: 'image.readyTimeout': expected a time such "
			    "as 90s, 5m or 500ms, not 'soon'");
	unsetenv("GIT_IMAGE_READY_TIMEOUT");
	unsetenv("GIT_IMAGE_ENGINE");
	unsetenv("GIT_IMAGE_TARGET");
	unsetenv("GIT_IMAGE_PROGRESS");
	unsetenv("GIT_IMAGE_EMPTY");
	unsetenv("GIT_IMAGES");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_paths_of_files_join_within_a_place),
		cmocka_unit_test(test_hostile_tree),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_unknown_key),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_ready_by_an_end),
		cmocka_unit_test(test_no_tests_after_an_end),
		cmocka_unit_test(test_later_wins),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
