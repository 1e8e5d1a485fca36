/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/path.h"
#include "base/process.h"
#include "flow/build/cache.h"
#include "flow/build/secrets.h"

/* What must stand in no message. */
#define VALUE "hunter2"

static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, struct slice content)
{
	struct error err = { 0 };

	assert_int_equal(path_write(in_folder(name), content, 0600, &err), 0);
}

static int set_up(void **state)
{
	char *large = calloc(1, LIMIT_SECRET + 1);

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/git-image-test-secrets-XXXXXX");
	assert_non_null(mkdtemp(folder));
	put("token", SLICE(VALUE "\n"));
	put("empty", SLICE(""));
	put("large", (struct slice){ large, LIMIT_SECRET + 1 });
	put("largest", (struct slice){ large, LIMIT_SECRET });
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	setenv("HOME", folder, 1);
	setenv("TOKEN", VALUE, 1);
	setenv("EMPTY", "", 1);
	free(large);
	return 0;
}

static int tear_down(void **state)
{
	const char *argv[] = { "rm", "-rf", folder, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct error err = { 0 };
	int code;

	(void)state;
	return process_run(&(struct process_options){ .argv = argv }, &out, &code, &err);
}

static const struct {
	const char *text;
	const char *id, *source; /* NULL: malformed */
} texts[] = {
	{ "npm", "npm", "" },
	{ "pip.conf_x-1", "pip.conf_x-1", "" },
	{ "id=npm", "npm", "" },
	{ "id=npm,env=NPM_TOKEN", "npm", "env:NPM_TOKEN" },
	{ "env=NPM_TOKEN,id=npm", "npm", "env:NPM_TOKEN" },
	{ "id=npm,src=a b/c", "npm", "file:a b/c" },
	{ "id=npm,source=/c", "npm", "file:/c" },
	{ "id=npm,env=1X", NULL, NULL },
	{ "id=npm,env=", NULL, NULL },
	{ "id=npm,src=", NULL, NULL },
	{ "id=npm,src=a\nb", NULL, NULL },
	{ "id=npm,value=" VALUE, NULL, NULL },
	{ "npm=" VALUE, NULL, NULL },
	{ "npm," VALUE, NULL, NULL },
	{ "id=npm," VALUE, NULL, NULL },
	{ "id=npm,env=A,src=b", NULL, NULL },
	{ "id=npm,id=other", NULL, NULL },
	{ "env=" VALUE, NULL, NULL },
	{ VALUE " " VALUE, NULL, NULL },
	{ "a/b", NULL, NULL },
	{ "id=", NULL, NULL },
	{ "", NULL, NULL },
	{ ",", NULL, NULL },
};

static void test_a_malformed_secret_is_refused_and_not_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(strmap_release) struct strmap secrets = { 0 };
		struct error err = { 0 };
		int status = secret_parse(texts[i].text, &secrets, &err);

		if (texts[i].id) {
			assert_int_equal(status, 0);
			assert_int_equal(secrets.len, 1);
			assert_string_equal(secrets.entries[0].key, texts[i].id);
			assert_string_equal(secrets.entries[0].value, texts[i].source);
			continue;
		}
		assert_int_equal(status, -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(strstr(err.message, VALUE));
		assert_null(strstr(err.hint, VALUE));
		assert_int_equal(secrets.len, 0);
	}
}

static void test_a_malformed_source_is_refused_and_not_shown(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "env:NPM_TOKEN", 0 }, { "file:/a/b", 0 },  { "file:~/b c", 0 },
		{ VALUE, -1 },		{ "env:", -1 },	     { "env:1" VALUE, -1 },
		{ "file:", -1 },	{ "file:a/b", -1 },  { "ENV:A", -1 },
		{ "env:A=" VALUE, -1 }, { "file:/a\n", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = { 0 };

		assert_int_equal(secret_check_source(rows[i].text, &err), rows[i].status);
		assert_null(strstr(err.message, VALUE));
	}
}

static const struct {
	const char *id, *source;
	struct slice value; /* none: refused */
	const char *message, *hint;
} answers[] = {
	{ "npm", "env:TOKEN", { VALUE, 7 }, NULL, NULL },
	{ "npm", "file:%/token", { VALUE "\n", 8 }, NULL, NULL },
	{ "npm", "file:~/token", { VALUE "\n", 8 }, NULL, NULL },
	{ "npm",
	  "",
	  { 0 },
	  "secret 'npm': nothing answers it",
	  "git config imageSecret.npm.from env:NAME (or file:PATH), or --secret id=npm,env=NAME" },
	{ "npm",
	  "env:ABSENT",
	  { 0 },
	  "secret 'npm': the variable 'ABSENT' is not set, or empty",
	  "" },
	{ "npm",
	  "env:EMPTY",
	  { 0 },
	  "secret 'npm': the variable 'EMPTY' is not set, or empty",
	  "" },
	{ "npm", "file:%/empty", { 0 }, "secret 'npm': '%/empty' is empty", "" },
	{ "npm", "file:~/absent", { 0 }, "secret 'npm': '%/absent' does not exist", "" },
	{ "npm", "file:%/large", { 0 }, "secret 'npm': '%/large' is larger than 500 KiB", "" },
	{ "npm", "file:%/fifo", { 0 }, "secret 'npm': '%/fifo' is not a regular file", "" },
	{ "npm", "file:%", { 0 }, "secret 'npm': '%' is not a regular file", "" },
};

/* '%' is the folder. */
static char *expand(const char *text)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1024);

	for (; *text; text++)
		if (*text == '%')
			buf_add_text(&out, folder);
		else
			buf_add_char(&out, *text);
	return buf_take(&out);
}

static void test_what_answers_a_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		AUTO(settings_release) struct settings settings = { 0 };
		AUTO(secrets_release) struct secrets secrets = { 0 };
		AUTOFREE char *source = expand(answers[i].source), *message = NULL;
		struct error err = { 0 };

		assert_int_equal(strmap_set(&settings.secrets, answers[i].id, source, &err), 0);
		if (answers[i].value.data) {
			assert_int_equal(secrets_answer(&settings, &secrets, &err), 0);
			assert_int_equal(secrets.len, 1);
			assert_string_equal(secrets.items[0].id, "npm");
			assert_int_equal(secrets.items[0].value->len, answers[i].value.len);
			assert_string_equal(secrets.items[0].value->data, answers[i].value.data);
			continue;
		}
		message = expand(answers[i].message);
		assert_int_equal(secrets_answer(&settings, &secrets, &err), -1);
		assert_string_equal(err.message, message);
		assert_string_equal(err.hint, answers[i].hint);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static void test_the_largest_secret_is_taken(void **state)
{
	AUTO(secret_release) struct secret secret = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(secret_read(&secret, in_folder("largest"), LIMIT_SECRET, &err), 0);
	assert_int_equal(secret.len, LIMIT_SECRET);
}

/* As if it listened: only its kind is looked at here. */
static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTOCLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void test_agents(void **state)
{
	AUTO(settings_release) struct settings settings = { 0 };
	AUTO(secrets_release) struct secrets secrets = { 0 }, none = { 0 };
	AUTOFREE char *own = expand("git=%/agent"), *file = expand("file=%/token");
	AUTOFREE char *message = expand("ssh 'file': '%/token' is not the socket of an agent");
	struct error err = { 0 };

	(void)state;
	unsetenv("SSH_AUTH_SOCK");
	make_socket(in_folder("agent"));
	assert_int_equal(ssh_parse("default", &settings.ssh, &err), 0);
	assert_int_equal(ssh_parse(own, &settings.ssh, &err), 0);
	assert_int_equal(secrets_answer(&settings, &none, &err), -1);
	assert_string_equal(err.message, "ssh 'default': SSH_AUTH_SOCK is not set");
	setenv("SSH_AUTH_SOCK", in_folder("agent"), 1);
	assert_int_equal(secrets_answer(&settings, &secrets, &err), 0);
	assert_int_equal(secrets.ssh_count, 2);
	assert_string_equal(secrets.ssh[0].id, "default");
	assert_string_equal(secrets.ssh[1].socket, in_folder("agent"));
	assert_int_equal(ssh_parse(file, &settings.ssh, &err), 0);
	assert_int_equal(secrets_answer(&settings, &none, &err), -1);
	assert_string_equal(err.message, message);
}

static void test_children_do_not_get_the_variable(void **state)
{
	static const char *const env[] = { "env", NULL };
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(buf_release) struct buf out = BUF_INIT(65536);
	struct setting_entry given = { .source = SETTINGS_OPTION,
				       .key = "secret",
				       .value = "id=a,env=TOKEN_A" };
	struct setting_entry answer = {
		.source = SETTINGS_USER, .subsection = "b", .key = "from", .value = "env:TOKEN_B"
	};
	struct error err = { 0 };
	int code;

	(void)state;
	setenv("TOKEN_A", VALUE, 1);
	setenv("TOKEN_B", VALUE, 1);
	setenv("TOKEN_BB", "other", 1);
	unsetenv("TOKEN");
	assert_int_equal(configuration_add(&configuration, &given, NULL, &err), 0);
	assert_int_equal(configuration_add_answer(&configuration, &answer, NULL, &err), 0);
	assert_int_equal(configuration_hide_secrets(&configuration, &err), 0);
	assert_int_equal(process_run(&(struct process_options){ .argv = env }, &out, &code, &err),
			 0);
	assert_null(strstr(out.data, VALUE));
	assert_non_null(strstr(out.data, "TOKEN_BB=other"));
	assert_string_equal(getenv("TOKEN_A"), VALUE);
	setenv("TOKEN", VALUE, 1);
}

/* It may name a secret; the answer, in whatever form, is the user's. */
static void test_hostile_tree_cannot_answer(void **state)
{
	static const char *const forms[] = { "id=npm,env=AWS_SECRET", "env=A,id=npm",
					     "id=npm,src=/etc/shadow" };
	AUTO(configuration_release) struct configuration configuration = { 0 };
	struct setting_entry entry = { .source = SETTINGS_TREE, .where = ".gitimage:1" };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		entry.key = "secret";
		entry.value = forms[i];
		assert_int_equal(configuration_add(&configuration, &entry, NULL, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_string_equal(err.message,
				    ".gitimage:1: 'image.secret': a repository may only name a "
				    "secret, what answers it is its user's to say");
	}
	entry.key = "from";
	entry.subsection = "npm";
	entry.value = "env:AWS_SECRET";
	assert_int_equal(configuration_add_answer(&configuration, &entry, NULL, &err), -1);
	assert_string_equal(err.message, ".gitimage:1: 'imageSecret.npm.from': a repository may "
					 "not set this, only its user may");
	assert_int_equal(configuration.len, 0);
	assert_int_equal(configuration.answers.len, 0);
}

static void add_text(struct configuration *configuration, enum settings_source source,
		     const char *key, const char *value)
{
	struct setting_entry entry = { .source = source, .key = key, .value = value };
	struct error err = { 0 };

	if (configuration_add(configuration, &entry, NULL, &err))
		fail_msg("%s", err.message);
}

/* One list a place: whoever comes later may ask for fewer. */
static void test_platforms(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings tree = { 0 }, user = { 0 }, option = { 0 };
	struct error err = { 0 };

	(void)state;
	add_text(&configuration, SETTINGS_TREE, "platform", "linux/amd64,linux/arm64/v8");
	add_text(&configuration, SETTINGS_TREE, "platform", "linux/s390x, linux/amd64");
	add_text(&configuration, SETTINGS_TREE, "untestedPlatforms", "linux/s390x");
	assert_int_equal(settings_resolve(&configuration, NULL, &tree, &err), 0);
	assert_int_equal(tree.platforms.len, 3);
	assert_string_equal(tree.platforms.items[1], "linux/arm64/v8");
	assert_string_equal(tree.platforms.items[2], "linux/s390x");
	assert_int_equal(tree.untested_platforms.len, 1);

	add_text(&configuration, SETTINGS_USER, "platform", "linux/riscv64");
	assert_int_equal(settings_resolve(&configuration, NULL, &user, &err), 0);
	assert_int_equal(user.platforms.len, 1);
	assert_string_equal(user.platforms.items[0], "linux/riscv64");

	add_text(&configuration, SETTINGS_OPTION, "platform", "");
	assert_int_equal(settings_resolve(&configuration, NULL, &option, &err), 0);
	assert_int_equal(option.platforms.len, 0);
}

static void add_answer(struct configuration *configuration, const char *id, const char *source)
{
	struct setting_entry entry = {
		.source = SETTINGS_USER, .subsection = id, .key = "From", .value = source
	};
	struct error err = { 0 };

	if (configuration_add_answer(configuration, &entry, NULL, &err))
		fail_msg("%s", err.message);
}

/* Only what is asked for is answered, and what was said at the command line wins. */
static void test_answers(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings settings = { 0 }, again = { 0 };
	struct error err = { 0 };

	(void)state;
	add_answer(&configuration, "npm", "env:NPM_TOKEN");
	add_answer(&configuration, "pip.conf", "file:~/pip.conf");
	add_answer(&configuration, "unwanted", "env:OTHER");
	add_answer(&configuration, "gone", "env:GONE");
	add_answer(&configuration, "gone", "");
	add_text(&configuration, SETTINGS_TREE, "secret", "npm");
	add_text(&configuration, SETTINGS_TREE, "secret", "pip.conf");
	add_text(&configuration, SETTINGS_TREE, "secret", "gone");
	assert_int_equal(settings_resolve(&configuration, NULL, &settings, &err), 0);
	assert_int_equal(settings.secrets.len, 3);
	assert_string_equal(strmap_get(&settings.secrets, "npm"), "env:NPM_TOKEN");
	assert_string_equal(strmap_get(&settings.secrets, "pip.conf"), "file:~/pip.conf");
	assert_string_equal(strmap_get(&settings.secrets, "gone"), "");

	add_text(&configuration, SETTINGS_OPTION, "secret", "id=npm,src=token");
	add_text(&configuration, SETTINGS_OPTION, "secret", "npm");
	assert_int_equal(settings_resolve(&configuration, NULL, &again, &err), 0);
	assert_string_equal(strmap_get(&again.secrets, "npm"), "file:token");
}

struct listener {
	struct event_sink sink;
	int count;
};

static void listen_to(struct event_sink *sink, const struct event *event)
{
	assert_int_equal(event->type, EVENT_WARNING);
	assert_null(memmem(event->text.data, event->text.len, VALUE, strlen(VALUE)));
	((struct listener *)sink)->count++;
}

static void test_caches(void **state)
{
	AUTO(cache_list_release) struct cache_list from = { 0 }, to = { 0 };
	AUTO(strv_release) struct strv from_list = { 0 }, to_list = { 0 };
	struct listener listener = { .sink.emit = listen_to };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strv_add(&from_list, "r.example/app:cache", &err), 0);
	assert_int_equal(strv_add(&from_list, "type=gha,scope=main", &err), 0);
	assert_int_equal(strv_add(&to_list, "inline", &err), 0);
	assert_int_equal(strv_add(&to_list, "type=registry,ref=r.example/c,mode=max", &err), 0);
	setenv("ACTIONS_RUNTIME_TOKEN", VALUE, 1);
	unsetenv("ACTIONS_CACHE_URL");
	unsetenv("ACTIONS_RESULTS_URL");
	assert_int_equal(cache_list_open(&from_list, CACHE_FROM, &listener.sink, &from, &err), 0);
	assert_int_equal(listener.count, 1);
	assert_int_equal(from.len, 1);
	assert_string_equal(from.items[0].type, "registry");
	assert_string_equal(strmap_get(from.items[0].attrs, "ref"), "r.example/app:cache");
	cache_list_release(&from);

	setenv("ACTIONS_RESULTS_URL", "https://results.example/", 1);
	setenv("ACTIONS_CACHE_SERVICE_V2", "True", 1);
	assert_int_equal(cache_list_open(&from_list, CACHE_FROM, &listener.sink, &from, &err), 0);
	assert_int_equal(listener.count, 1);
	assert_int_equal(from.len, 2);
	assert_string_equal(from.items[1].type, "gha");
	assert_string_equal(strmap_get(from.items[1].attrs, "token"), VALUE);
	assert_string_equal(strmap_get(from.items[1].attrs, "url"), "https://results.example/");
	assert_string_equal(strmap_get(from.items[1].attrs, "url_v2"), "https://results.example/");
	assert_string_equal(strmap_get(from.items[1].attrs, "scope"), "main");

	assert_int_equal(cache_list_open(&to_list, CACHE_TO, &listener.sink, &to, &err), 0);
	assert_int_equal(to.len, 2);
	assert_string_equal(to.items[0].type, "inline");
	assert_int_equal(to.items[0].attrs->len, 0);
	assert_string_equal(strmap_get(to.items[1].attrs, "mode"), "max");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_malformed_secret_is_refused_and_not_shown),
		cmocka_unit_test(test_a_malformed_source_is_refused_and_not_shown),
		cmocka_unit_test(test_what_answers_a_secret),
		cmocka_unit_test(test_the_largest_secret_is_taken),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_children_do_not_get_the_variable),
		cmocka_unit_test(test_hostile_tree_cannot_answer),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_caches),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
