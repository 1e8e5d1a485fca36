/* SPDX-License-Identifier: MIT */
/* What no place may say, with the message that tells why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/config/settings.h"

static const struct {
	struct setting_entry entry;
	enum error_kind kind;
	const char *message;
	const char *hint;
} refused[] = {
	{ { .key = "shaLength", .value = "6" },
	  ERROR_INPUT,
	  "'image.shaLength': expected a number from 7 to 40, not '6'",
	  NULL },
	{ { .key = "SHALENGTH", .value = "7x", .subsection = "web", .where = ".gitimage:3" },
	  ERROR_INPUT,
	  ".gitimage:3: 'image.web.shaLength': expected a number from 7 to 40, not '7x'",
	  NULL },
	{ { .key = "testTimeout", .value = "0" },
	  ERROR_INPUT,
	  "'image.testTimeout': expected a time such as 90s, 5m or 500ms, not '0'",
	  NULL },
	{ { .key = "prune", .value = "maybe" },
	  ERROR_INPUT,
	  "'image.prune': expected auto, after, before or never, not 'maybe'",
	  NULL },
	{ { .source = SETTINGS_OPTION, .key = "keep", .value = "-1", .where = "--keep" },
	  ERROR_USAGE,
	  "'--keep': expected a number from 0 to 10000, not '-1'",
	  NULL },
	{ { .key = "context", .value = "../outside" },
	  ERROR_INPUT,
	  "'image.context': expected a path inside the commit, from its root, not '../outside'",
	  NULL },
	{ { .key = "dockerfile", .value = "a/../../b" },
	  ERROR_INPUT,
	  "'image.dockerfile': expected a path inside the commit, from its root, not 'a/../../b'",
	  NULL },
	{ { .key = "context", .value = "/etc" },
	  ERROR_INPUT,
	  "'image.context': expected a path inside the commit, from its root, not '/etc'",
	  NULL },
	{ { .key = "report", .value = "reports" },
	  ERROR_INPUT,
	  "'image.report': expected an absolute path in the container, not its root, not "
	  "'reports'",
	  NULL },
	{ { .key = "report", .value = "/a/.." },
	  ERROR_INPUT,
	  "'image.report': expected an absolute path in the container, not its root, not '/a/..'",
	  NULL },
	{ { .key = "buildArg", .value = "HOME" },
	  ERROR_INPUT,
	  "'image.buildArg': expected NAME=VALUE, not 'HOME'",
	  NULL },
	{ { .key = "shaEnv", .value = "A=B" },
	  ERROR_INPUT,
	  "'image.shaEnv': expected a name of letters, digits and _, not 'A=B'",
	  NULL },
	{ { .key = "target", .value = "a\nb" },
	  ERROR_INPUT,
	  "'image.target': expected text without control characters, not 'a\nb'",
	  NULL },
	{ { .key = "registry", .value = "r.example/" },
	  ERROR_INPUT,
	  "'image.registry': expected HOST[:PORT][/PATH], not 'r.example/'",
	  "like registry.example.com/team: without http:// and a slash at the end, the path in "
	  "lower case" },
	{ { .key = "registry", .value = "http://localhost:5000" },
	  ERROR_INPUT,
	  "'image.registry': expected HOST[:PORT][/PATH], not 'http://localhost:5000'",
	  "like registry.example.com/team: without http:// and a slash at the end, the path in "
	  "lower case" },
	{ { .key = "registry", .value = "localhost:5000/Team" },
	  ERROR_INPUT,
	  "'image.registry': expected HOST[:PORT][/PATH], not 'localhost:5000/Team'",
	  "like registry.example.com/team: without http:// and a slash at the end, the path in "
	  "lower case" },
	{ { .key = "repository", .value = "r.example/App" },
	  ERROR_INPUT,
	  "'image.repository': 'r.example/App' is no image: its name has upper case letters",
	  NULL },
	{ { .key = "version", .value = "1 2" },
	  ERROR_INPUT,
	  "'image.version': expected a version that can be a tag, such as 1.2.3, not '1 2'",
	  NULL },
	{ { .key = "version", .value = "latest" },
	  ERROR_INPUT,
	  "'image.version': 'latest' is what an image without one has",
	  NULL },
	{ { .key = "digest", .value = "sha256:12" },
	  ERROR_INPUT,
	  "'image.digest': expected 'sha256:' and 64 hexadecimal digits, not 'sha256:12'",
	  NULL },
	{ { .key = "repository", .value = "r.example/app:1" },
	  ERROR_INPUT,
	  "'image.repository': 'r.example/app:1' is no image: a name is made of a-z, 0-9 and "
	  "single '.', '_', '-' between them",
	  NULL },
	{ { .key = "platform", .value = "arm" },
	  ERROR_INPUT,
	  "'image.platform': 'arm' is no platform: expected OS/ARCHITECTURE[/VARIANT] such as "
	  "linux/arm64",
	  NULL },
	{ { .key = "base", .value = "scratch" },
	  ERROR_INPUT,
	  "'image.base': expected the name of an image, not 'scratch'",
	  NULL },
	{ { .key = "base", .value = "$BASE" },
	  ERROR_INPUT,
	  "'image.base': '$BASE' is no image: its name has upper case letters",
	  NULL },
	{ { .key = "files", .value = "only" },
	  ERROR_INPUT,
	  "'image.files': expected all, nothing, only:PATH... or allbut:PATH..., not 'only'",
	  NULL },
	{ { .key = "files", .value = "allbut:/etc" },
	  ERROR_INPUT,
	  "'image.files': expected paths below the context's folder, not '/etc'",
	  NULL },
	{ { .key = "files", .value = "only:." },
	  ERROR_INPUT,
	  "'image.files': '.' is the whole context",
	  "that is 'all' or 'nothing'" },
	{ { .key = "platform", .value = "linux/amd64,,linux/arm64" },
	  ERROR_INPUT,
	  "'image.platform': '' is no platform: expected OS/ARCHITECTURE[/VARIANT] such as "
	  "linux/arm64",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "ssh", .value = "default=" },
	  ERROR_INPUT,
	  "'image.ssh': expected ID or ID=SOCKET, not 'default='",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "cacheFrom", .value = "type=local,src=/x" },
	  ERROR_INPUT,
	  "'image.cacheFrom': expected type=registry or type=gha, not 'local'",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "cacheFrom", .value = "r.example/UP" },
	  ERROR_INPUT,
	  "'image.cacheFrom': 'r.example/UP' is no image: its name has upper case letters",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "cacheTo", .value = "r.example/app" },
	  ERROR_INPUT,
	  "'image.cacheTo': expected type=registry, type=inline or type=gha, not 'r.example/app'",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "cacheTo", .value = "type=registry,mode=max" },
	  ERROR_INPUT,
	  "'image.cacheTo': type=registry needs ref=REF",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "cacheTo", .value = "type=gha,token=hunter2" },
	  ERROR_INPUT,
	  "'image.cacheTo': a token does not stand here",
	  "it is taken from the variable ACTIONS_RUNTIME_TOKEN" },
	{ { .key = "target", .value = "x", .subsection = "../web" },
	  ERROR_INPUT,
	  "'image.../web.target': '../web' is no image: its host '..' is no host",
	  NULL },
	{ { .key = "target", .value = "x", .subsection = "Web" },
	  ERROR_INPUT,
	  "'image.Web.target': 'Web' is no image: its name has upper case letters",
	  NULL },
	{ { .key = "ready", .value = "http:8000/" },
	  ERROR_UNSUPPORTED,
	  "'image.ready': 'http:8000/' is not supported yet",
	  "use exec:COMMAND with a program that the image has" },
	{ { .key = "ready", .value = "exec: " },
	  ERROR_INPUT,
	  "'image.ready': expected exec:COMMAND|exit[:COMMAND], not 'exec: '",
	  NULL },
	{ { .key = "ready", .value = "exit:" },
	  ERROR_INPUT,
	  "'image.ready': expected exec:COMMAND|exit[:COMMAND], not 'exit:'",
	  NULL },
	{ { .key = "ready", .value = "exits" },
	  ERROR_INPUT,
	  "'image.ready': expected exec:COMMAND|exit[:COMMAND], not 'exits'",
	  NULL },
	{ { .key = "test", .value = "[\"a\", 1]" },
	  ERROR_INPUT,
	  "'image.test': expected words in the array, not '[\"a\", 1]'",
	  NULL },
	{ { .key = "test", .value = "[]" },
	  ERROR_INPUT,
	  "'image.test': expected [\"PROGRAM\", \"WORD\", ...] after '[', not '[]'",
	  "in a file: [\\\"PROGRAM\\\"]; in a shell command: 'test' instead of '['" },
	{ { .key = "test", .value = "[ /test ]" },
	  ERROR_INPUT,
	  "'image.test': expected [\"PROGRAM\", \"WORD\", ...] after '[', not '[ /test ]'",
	  "in a file: [\\\"PROGRAM\\\"]; in a shell command: 'test' instead of '['" },
	{ { .key = "test", .value = NULL }, ERROR_INPUT, "'image.test': it has no value", NULL },
	{ { .key = "test", .value = "a", .has_unquoted_comment = true, .where = ".gitimage:9" },
	  ERROR_INPUT,
	  ".gitimage:9: 'image.test': a ';' or '#' outside quotes begins a comment and cuts the "
	  "command",
	  "put the value in quotes: test = \"a; ...\"" },
	{ { .source = SETTINGS_USER, .key = "plainHttp", .value = "http://r.example" },
	  ERROR_INPUT,
	  "'image.plainHttp': expected HOST[:PORT], not 'http://r.example'",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "tokenServer", .value = "r.example/token" },
	  ERROR_INPUT,
	  "'image.tokenServer': expected HOST[:PORT], not 'r.example/token'",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "tokenServer", .value = "me@r.example" },
	  ERROR_INPUT,
	  "'image.tokenServer': expected HOST[:PORT], not 'me@r.example'",
	  NULL },
	{ { .source = SETTINGS_USER, .key = "engine", .value = "x", .subsection = "web" },
	  ERROR_INPUT,
	  "'image.web.engine': this holds for all images",
	  "write it as image.engine" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(configuration_release) struct configuration configuration = { 0 };
		struct error err = { 0 };

		assert_int_equal(configuration_add(&configuration, &refused[i].entry, NULL, &err),
				 -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, refused[i].kind);
		assert_string_equal(err.hint, refused[i].hint ? refused[i].hint : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
