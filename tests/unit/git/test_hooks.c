/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "git/hooks.h"

#define OURS "#!/bin/sh\n# Made by 'git image hook install'.\n"

static void test_ours_come_and_go(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct error err = { 0 };

	(void)state;
	fixture_run("git init -q ours; rm -rf ours/.git/hooks");
	repo = fixture_open("ours");
	assert_int_equal(hooks_is_ours(repo, "post-commit", &err), 0);
	assert_int_equal(hooks_install(repo, "post-commit", OURS, &err), 0);
	assert_int_equal(hooks_install(repo, "post-commit", OURS "exit 0\n", &err), 0);
	fixture_run("test -x ours/.git/hooks/post-commit && grep -q exit "
		    "ours/.git/hooks/post-commit");
	assert_int_equal(hooks_is_ours(repo, "post-commit", &err), 1);
	assert_int_equal(hooks_uninstall(repo, "post-commit", &err), 0);
	assert_int_equal(hooks_uninstall(repo, "post-commit", &err), 0);
	fixture_run("test ! -e ours/.git/hooks/post-commit");
}

static void test_others_are_never_touched(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct error err = { 0 };

	(void)state;
	fixture_run("git init -q others; git -C others config core.hooksPath my/hooks; "
		    "mkdir -p others/my/hooks; echo mine >others/my/hooks/post-commit");
	repo = fixture_open("others");
	assert_int_equal(hooks_is_ours(repo, "post-commit", &err), 0);
	assert_int_equal(hooks_install(repo, "post-commit", OURS, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_string_equal(err.message,
			    fixture_text("'ROOT/others/my/hooks/post-commit' is there and not "
					 "ours: it stays"));
	assert_int_equal(hooks_uninstall(repo, "post-commit", &err), 0);
	fixture_run("grep -q mine others/my/hooks/post-commit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours_come_and_go),
		cmocka_unit_test(test_others_are_never_touched),
	};

	return cmocka_run_group_tests_name("git/hooks", tests, fixture_start, fixture_end);
}
