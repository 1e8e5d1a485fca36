/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/str.h"
#include "git/worktree.h"

static int make_repository(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q r; cd r; mkdir -p a/b c libs; for f in a/b/f a/x c/f run text;"
		    " do echo $f >$f; done; ln -s a/x link; printf '*.log\\n' >.gitignore;"
		    "head -c 5000000 /dev/zero >big; git add .; git update-index --add --cacheinfo"
		    " 160000,0123456789012345678901234567890123456789,libs/sub; mkdir libs/sub;"
		    "git commit -q -m 1; git commit -q --allow-empty -m 2; sleep 0.02;"
		    "git update-index -q --refresh");
	return 0;
}

static const struct {
	const char *change; /* a shell script in a copy of the repository */
	const char *folders; /* each but the last with a blank behind it */
	int expected;
} changes[] = {
	{ ":", "", 0 },
	{ "echo 1 >>a/x", "", 1 },
	{ "echo 1 >>a/x", "a", 1 },
	{ "echo 1 >>a/x", "a/b", 0 },
	{ "echo 1 >>a/x", "c", 0 },
	{ "echo 1 >>a/x; echo 1 >>c/f; echo 1 >>run", "a c", 2 },
	{ "echo 1 >>a/x; echo 1 >>c/f; echo 1 >>run", "c a/b", 1 },
	{ "echo 1 >>a/x; echo 1 >a/b/new", "a/b a/bc", 1 },
	{ "echo 1 >>a/x; rm a/b/f", "a a/b", 2 },
	{ "echo 1 >>a/x; echo 1 >>run", "a ", 2 },
	{ "touch big; echo 1 >>c/f", "a c", 1 },
	{ "echo a/X >a/x", "", 1 },
	{ "echo a/X >a/x; touch -r c/f a/x", "", 1 },
	{ "touch a/x", "", 0 },
	{ "touch big", "", -1 }, /* too large to be read for a notice */
	{ "chmod +x run", "", 1 },
	{ "chmod +x run; git config core.fileMode false", "", 0 },
	{ "rm a/x c/f", "", 2 },
	{ "git rm -q a/x c/f", "", 2 },
	{ "git mv a/x a/y", "", 2 },
	{ "echo 1 >new; mkdir d; echo 1 >d/new; echo 1 >new.log", "", 2 },
	{ "echo 1 >new; git add new", "", 1 },
	{ "echo 1 >new; git add new; rm new", "", 0 },
	{ "echo 1 >>a/x; git add a/x", "", 1 },
	{ "echo 1 >>a/x; git add a/x; echo a/x >a/x", "", 0 },
	{ "rm link; ln -s a/b link", "", 1 },
	{ "rm link; ln -s a/x link", "", 0 },
	{ "rm link; echo a/x >link", "", 1 },
	{ "rm -r a; echo 1 >a", "", 3 },
	{ "rmdir libs/sub libs", "", 1 },
	{ "git update-index --cacheinfo 160000,1111111111111111111111111111111111111111,libs/sub",
	  "", 1 },
	{ "git update-index --assume-unchanged a/x; rm a/x", "", 0 },
	{ "git update-index --skip-worktree a/x; rm a/x", "", -1 },
	{ "git update-index --split-index", "", -1 },
	{ "git update-index --index-version 4; echo 1 >>c/f", "", 1 },
	{ "echo >.git/index", "", -1 },
	{ "git add -N a; echo 1 >n; git add -N n", "", 1 },
	{ "rm .git/index", "", -1 }, /* all is read, but one is too large */
	{ "rm .git/index", "a", 0 },
	{ "rm .git/index; echo 1 >>a/x", "a", 1 },
	{ "git config core.autocrlf true; printf 'text\\r\\n' >text", "", 0 },
	{ "echo 'text eol=crlf' >.git/info/attributes; printf 'text\\r\\n' >text", "", 0 },
	{ "echo 'text filter=lfs' >.git/info/attributes; echo 1 >text", "", -1 },
	{ "echo 'a/x filter=lfs' >.git/info/attributes; echo 1 >text", "", 1 },
	{ "rm -r a", "a", -1 },
	{ "mkdir d; echo 1 >d/f; echo 2 >d/g", "d", 2 },
};

static int64_t count(const char *name, const char *wanted, int64_t budget_ms)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	AUTO(strv_release) struct strv folders = { 0 };
	struct slice rest = slice_of(wanted), folder;
	struct error err = { 0 };

	while (slice_cut(&rest, ' ', &folder))
		assert_int_equal(strv_add_slice(&folders, folder, &err), 0);
	if (!*wanted || wanted[strlen(wanted) - 1] == ' ')
		assert_int_equal(strv_add(&folders, "", &err), 0);
	return worktree_count_changes(
		repo, &(struct worktree_question){
			      .tree = fixture_output("git -C r rev-parse 'HEAD^{tree}'"),
			      .folders = &folders,
			      .budget_ms = budget_ms });
}

static void test_changed_files_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		int64_t counted;

		/* A copy has other inodes: the index is told about them. */
		fixture_run("rm -rf copy; cp -a r copy; cd copy; git update-index -q --refresh;"
			    "sleep 0.01; %s",
			    changes[i].change);
		counted = count("copy", changes[i].folders, 10000);
		if (counted != changes[i].expected)
			fail_msg("'%s' in '%s': %d, not %d", changes[i].change, changes[i].folders,
				 (int)counted, changes[i].expected);
	}
}

static void test_a_conflict_is_a_change(void **state)
{
	(void)state;
	fixture_run("rm -rf copy; cp -a r copy; cd copy; git checkout -q -b side HEAD^;"
		    "echo 1 >text; git commit -q -am side; git checkout -q main; echo 2 >text;"
		    "git commit -q -am main; git merge -q side >/dev/null || :");
	assert_int_equal(count("copy", "", 10000), 1);
}

static void test_when_the_time_is_over_it_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(count("r", "", -1), -1);
}

/* Where a look at each takes longer than there is time nothing is looked at. */
static void test_of_too_many_files_it_is_unknown(void **state)
{
	(void)state;
	fixture_run("rm -rf copy; cp -a r copy; cd copy; git update-index -q --refresh;"
		    "oid=$(git hash-object text); seq 3000 | sed \"s/.*/100644 $oid\tf&/\" |"
		    "git update-index --index-info; sleep 0.01");
	assert_int_equal(count("copy", "", 2), -1);
	assert_int_equal(count("copy", "", 10000), 0);
}

static void test_without_a_work_tree_it_is_unknown(void **state)
{
	(void)state;
	fixture_run("git clone -q --bare r bare");
	assert_int_equal(count("bare", "", 10000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed_files_are_counted),
		cmocka_unit_test(test_a_conflict_is_a_change),
		cmocka_unit_test(test_when_the_time_is_over_it_is_unknown),
		cmocka_unit_test(test_of_too_many_files_it_is_unknown),
		cmocka_unit_test(test_without_a_work_tree_it_is_unknown),
	};

	return cmocka_run_group_tests(tests, make_repository, fixture_end);
}
