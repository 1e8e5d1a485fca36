/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "image/reference.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A50   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A100  A50 A50
#define A128  A100 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	const char *host;
	const char *repository;
	const char *tag;
	const char *digest;
} good[] = {
	{ "app", "docker.io", "library/app", NULL, NULL },
	{ "app:1.0", "docker.io", "library/app", "1.0", NULL },
	{ "team/app", "docker.io", "team/app", NULL, NULL },
	{ "docker.io/app", "docker.io", "library/app", NULL, NULL },
	{ "index.docker.io/team/app", "docker.io", "team/app", NULL, NULL },
	{ "localhost/app", "localhost", "app", NULL, NULL },
	{ "localhost:5000", "docker.io", "library/localhost", "5000", NULL },
	{ "localhost:5000/app:x", "localhost:5000", "app", "x", NULL },
	{ "127.0.0.1:5000/a/b/c", "127.0.0.1:5000", "a/b/c", NULL, NULL },
	{ "[::1]:5000/app:1f2e3d4", "[::1]:5000", "app", "1f2e3d4", NULL },
	{ "[fe80::1]/app", "[fe80::1]", "app", NULL, NULL },
	{ "Registry.example.com/app", "Registry.example.com", "app", NULL, NULL },
	{ "host-1.example:65535/a", "host-1.example:65535", "a", NULL, NULL },
	{ "app@sha256:" HEX64, "docker.io", "library/app", NULL, "sha256:" HEX64 },
	{ "r.io:1/a/b:t@sha256:" HEX64, "r.io:1", "a/b", "t", "sha256:" HEX64 },
	{ "team/a.b_c__d-e---f", "docker.io", "team/a.b_c__d-e---f", NULL, NULL },
	{ "app:_T.a-G", "docker.io", "library/app", "_T.a-G", NULL },
	{ "app:" A128, "docker.io", "library/app", A128, NULL },
	{ "r.io/" A100 A100 A50, "r.io", A100 A100 A50, NULL, NULL },
	{ "team/" HEX64, "docker.io", "team/" HEX64, NULL, NULL },
};

static void check_text(const char *got, const char *expected)
{
	if (!expected)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(reference_release) struct reference reference = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(1024);
		struct error err = { 0 };

		if (reference_parse(good[i].text, &reference, &err))
			fail_msg("%s: %s", good[i].text, err.message);
		check_text(reference.host, good[i].host);
		check_text(reference.repository, good[i].repository);
		check_text(reference.tag, good[i].tag);
		check_text(reference.digest, good[i].digest);
		reference_format(&reference, &text);
		assert_string_equal(text.data, good[i].text);
	}
}

static const struct {
	const char *text;
	const char *message;
} bad[] = {
	{ "", "the name of an image is empty" },
	{ "@sha256:" HEX64, "the name of an image is empty" },
	{ ":tag", "the name of an image is empty" },
	{ "App", "'App' is no image: its name has upper case letters" },
	{ "Team/app:x", "'Team/app' is no image: its name has upper case letters" },
	{ "r.io/App", "'r.io/App' is no image: its name has upper case letters" },
	{ HEX64, "'" HEX64 "' is an image ID, not a name" },
	{ "app:", "'' is no tag: up to 128 of A-Z, a-z, 0-9, '_', '.', '-', "
		  "not beginning with '.' or '-'" },
	{ "app:.x", "'.x' is no tag: up to 128 of A-Z, a-z, 0-9, '_', '.', '-', "
		    "not beginning with '.' or '-'" },
	{ "app:-x", "'-x' is no tag: up to 128 of A-Z, a-z, 0-9, '_', '.', '-', "
		    "not beginning with '.' or '-'" },
	{ "app:a b", "'a b' is no tag: up to 128 of A-Z, a-z, 0-9, '_', '.', '-', "
		     "not beginning with '.' or '-'" },
	{ "app:" A128 "a", "'" A128 "a' is no tag: up to 128 of A-Z, a-z, 0-9, '_', '.', '-', "
			   "not beginning with '.' or '-'" },
	{ "app@", "'' is no digest: sha256: and 64 of 0-9, a-f" },
	{ "app@sha256:12", "'sha256:12' is no digest: sha256: and 64 of 0-9, a-f" },
	{ "app@sha512:" HEX64, "'sha512:" HEX64 "' is no digest: sha256: and 64 of 0-9, a-f" },
	{ "app@sha256:" HEX64 "/x",
	  "'sha256:" HEX64 "/x' is no digest: sha256: and 64 of 0-9, a-f" },
	{ "r.io/" A100 A100 A50 "a",
	  "'r.io/" A50 "aaaaa...' is no image: its name has more than 255 characters" },
	{ "-a.io/app", "'-a.io/app' is no image: its host '-a.io' is no host" },
	{ "a-.io/app", "'a-.io/app' is no image: its host 'a-.io' is no host" },
	{ "a.io./app", "'a.io./app' is no image: its host 'a.io.' is no host" },
	{ "a_b.io/app", "'a_b.io/app' is no image: its host 'a_b.io' is no host" },
	{ "a..io/app", "'a..io/app' is no image: its host 'a..io' is no host" },
	{ "a.io:/app", "'a.io:/app' is no image: its host 'a.io:' is no host" },
	{ "a.io:0/app", "'a.io:0/app' is no image: its host 'a.io:0' is no host" },
	{ "a.io:65536/app", "'a.io:65536/app' is no image: its host 'a.io:65536' is no host" },
	{ "a.io:000000080/app",
	  "'a.io:000000080/app' is no image: its host 'a.io:000000080' is no host" },
	{ "a.io:8x/app", "'a.io:8x/app' is no image: its host 'a.io:8x' is no host" },
	{ "u@a.io/app", "'a.io/app' is no digest: sha256: and 64 of 0-9, a-f" },
	{ "[::1/app", "'[::1/app' is no image: its host '[::1' is no host" },
	{ "[::g]:5000/app", "'[::g]:5000/app' is no image: its host '[::g]:5000' is no host" },
	{ "[:" A50 ":]/app", "'[:" A50 ":]/app' is no image: its host '[:" A50 ":]' is no host" },
	{ "[fe80::1%eth0]/app",
	  "'[fe80::1%eth0]/app' is no image: its host '[fe80::1%eth0]' is no host" },
	{ "[::1]5000/app", "'[::1]5000/app' is no image: its host '[::1]5000' is no host" },
	{ "https://a.io/app", "'https://a.io/app' is no image: its host 'https:' is no host" },
};

static const char *const bad_names[] = { "a/",	     "/a",    "a//b", "a/../b", "a___b",  "a._b",
					 "-a",	     "a-",    "a..b", "a/b.",	"a b",	  "a\nb",
					 "\303\244", "a%2fb", "a?b",  "r.io/",	"r.io//a" };

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct reference reference = { 0 };
		struct error err = { 0 };

		assert_int_equal(reference_parse(bad[i].text, &reference, &err), -1);
		assert_string_equal(err.message, bad[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(reference.name);
	}
}

static void test_bad_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_names); i++) {
		struct error err = { 0 };

		assert_int_equal(reference_check_repository(bad_names[i], &err), -1);
		assert_non_null(strstr(err.message, "a name is made of a-z, 0-9 and single "
						    "'.', '_', '-' between them"));
	}
}

static void test_repository_has_no_tag(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_check_repository("r.io:5000/team/app", &err), 0);
	assert_int_equal(reference_check_repository("r.io/app:tag", &err), -1);
	assert_int_equal(reference_check_repository("app@sha256:" HEX64, &err), -1);
}

static const struct {
	const char *host;
	bool is_loopback;
} hosts[] = {
	{ "localhost", true },	     { "localhost:5000", true },
	{ "127.0.0.1", true },	     { "127.255.1.2:80", true },
	{ "[::1]", true },	     { "[::1]:5000", true },
	{ "docker.io", false },	     { "localhost.evil.example", false },
	{ "127.0.0.1.evil", false }, { "128.0.0.1", false },
	{ "[::2]", false },	     { "0.0.0.0", false },
	{ "127.1", false },	     { "xlocalhost", false },
	{ "10.0.0.1:5000", false },  { "[::ffff:127.0.0.1]", false },
	{ A50 ".127.0.0.1", false }, { "", false },
};

static void test_loopback(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (reference_is_loopback(hosts[i].host) != hosts[i].is_loopback)
			fail_msg("%s", hosts[i].host);
}

static void test_same_repository(void **state)
{
	AUTO(reference_release) struct reference a = { 0 }, b = { 0 }, c = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(100);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_parse("app:1", &a, &err), 0);
	assert_int_equal(reference_parse("index.docker.io/library/app", &b, &err), 0);
	assert_int_equal(reference_parse("localhost/library/app", &c, &err), 0);
	assert_true(reference_is_same_repository(&a, &b));
	assert_false(reference_is_same_repository(&a, &c));
	reference_format_canonical(&a, &text);
	assert_string_equal(text.data, "docker.io/library/app");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_names), cmocka_unit_test(test_repository_has_no_tag),
		cmocka_unit_test(test_loopback),  cmocka_unit_test(test_same_repository),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
