/* SPDX-License-Identifier: MIT */
/* What CI systems give: to one host each, and to no program that we start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ci.h"
#include "base/process.h"

static const char *const variables[] = { "GITHUB_ACTIONS",   "GITHUB_ACTOR",
					 "GITHUB_TOKEN",     "CI_REGISTRY",
					 "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD",
					 "CI_JOB_TOKEN",     "DOCKER_AUTH_CONFIG" };

#define GITHUB "GITHUB_ACTIONS=true", "GITHUB_ACTOR=me", "GITHUB_TOKEN=hub"
#define GITLAB "CI_REGISTRY=r.gitlab.example:5050", "CI_JOB_TOKEN=job"

static const struct {
	const char *host;
	const char *set[7];
	const char *found;
} cases[] = {
	{ "ghcr.io", { NULL }, "" },
	{ "ghcr.io", { GITHUB }, "me:hub" },
	{ "ghcr.io", { "GITHUB_ACTOR=me", "GITHUB_TOKEN=hub" }, "" },
	{ "ghcr.io", { "GITHUB_ACTIONS=false", "GITHUB_ACTOR=me", "GITHUB_TOKEN=hub" }, "" },
	{ "ghcr.io", { "GITHUB_ACTIONS=true", "GITHUB_TOKEN=hub" }, "" },
	{ "ghcr.io", { "GITHUB_ACTIONS=true", "GITHUB_ACTOR=me", "GITHUB_TOKEN=" }, "" },
	{ "ghcr.io:443", { GITHUB }, "" },
	{ "x.ghcr.io", { GITHUB }, "" },
	{ "ghcr.io.evil.example", { GITHUB }, "" },
	{ "docker.io", { GITHUB }, "" },
	{ "docker.pkg.github.com", { GITHUB }, "" },
	{ "r.gitlab.example:5050", { GITLAB }, "gitlab-ci-token:job" },
	{ "r.gitlab.example:5050",
	  { GITLAB, "CI_REGISTRY_USER=u", "CI_REGISTRY_PASSWORD=p" },
	  "u:p" },
	{ "r.gitlab.example:5050", { GITLAB, "CI_REGISTRY_USER=u" }, "gitlab-ci-token:job" },
	{ "r.gitlab.example", { GITLAB }, "" },
	{ "gitlab.example", { GITLAB }, "" },
	{ "docker.io", { GITLAB, "CI_REGISTRY_USER=u", "CI_REGISTRY_PASSWORD=p" }, "" },
	{ "r.io", { "CI_JOB_TOKEN=job" }, "" },
	{ "", { "CI_REGISTRY=", "CI_JOB_TOKEN=job" }, "" },
	{ "ghcr.io", { GITHUB, GITLAB }, "me:hub" },
};

static void set(const char *const *pairs)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	for (size_t i = 0; pairs && pairs[i]; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(pairs[i], "="), pairs[i]);
		setenv(name, strchr(pairs[i], '=') + 1, 1);
	}
}

static void test_one_host_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(credentials_release) struct credentials found = { 0 };
		struct error err = { 0 };
		char text[64] = "";

		set(cases[i].set);
		assert_int_equal(ci_find(cases[i].host, &found, &err), 0);
		if (found.user.data)
			snprintf(text, sizeof(text), "%s:%s", found.user.data, found.password.data);
		if (strcmp(text, cases[i].found) != 0)
			fail_msg("row %zu, '%s': '%s'", i, cases[i].host, text);
	}
	set(NULL);
}

static void test_no_line_is_ended(void **state)
{
	static const char *const pairs[] = { GITHUB "\r\nX: y", NULL };
	AUTO(credentials_release) struct credentials found = { 0 };
	struct error err = { 0 };

	(void)state;
	set(pairs);
	assert_int_equal(ci_find("ghcr.io", &found, &err), -1);
	assert_string_equal(err.message, "GITHUB_TOKEN: a control character in a credential");
	set(NULL);
}

static void test_no_child_sees_them(void **state)
{
	static const char *const pairs[] = { GITHUB, GITLAB, "CI_REGISTRY_PASSWORD=p",
					     "DOCKER_AUTH_CONFIG={}", NULL };
	static const char *const secret[] = { "GITHUB_TOKEN=", "CI_JOB_TOKEN=",
					      "CI_REGISTRY_PASSWORD=", "DOCKER_AUTH_CONFIG=" };
	const char *const argv[] = { "env", NULL };
	AUTO(buf_release) struct buf seen = BUF_INIT(1 << 20);
	struct error err = { 0 };
	int code;

	(void)state;
	set(pairs);
	assert_int_equal(credentials_hide_variables(&err), 0);
	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &seen, &code, &err),
			 0);
	assert_int_equal(code, 0);
	assert_non_null(strstr(seen.data, "GITHUB_ACTOR=me"));
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		assert_null(strstr(seen.data, secret[i]));
	set(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_host_each),
		cmocka_unit_test(test_no_line_is_ended),
		cmocka_unit_test(test_no_child_sees_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
