/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "git/worktree.h"

/* A tree of tracked, untracked, ignored, deleted and odd files. */
static int make_repository(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q r; cd r; mkdir -p a/b a.d c/d/e libs gone ignored keep;"
		    "for f in a/b/f a/x a.d/f a0 c/d/e/f gone/1 gone/2 keep/x.log odd\\ name z;"
		    " do echo $f >\"$f\"; done; echo run >run; chmod +x run; ln -s a/x link;"
		    "printf '*.log\\nignored/\\n/top\\nc/*.tmp\\n' >.gitignore;"
		    "printf '!kept.log\\nb*\\n' >c/.gitignore; git add -f .;"
		    "git update-index --add --cacheinfo"
		    " 160000,0123456789012345678901234567890123456789,libs/sub;"
		    "git commit -q -m 1; mkdir libs/sub");
	fixture_run("cd r; rm gone/1 gone/2 a0; echo changed >>a/x; echo new >a/new; mkdir empty;"
		    "mkdir -p new/deep ignored/deep c/top; echo 1 >new/deep/f; echo 1 >ignored/f;"
		    "echo 1 >top; echo 1 >c/top/f; echo 1 >c/bad; echo 1 >c/kept.log;"
		    "echo 1 >c/x.tmp; echo 1 >y.log; mkfifo pipe; ln -s / root; mkdir z0;"
		    "echo 1 >z0/.GIT; git init -q nested; echo 1 >nested/f; rm z; mkdir z;"
		    "echo 1 >z/now-a-folder; printf 1 >\"$(printf 'z/\\303\\251\\377')\"");
	fixture_run("git clone -q --bare r bare");
	return 0;
}

/* Every path but folders, and the folders they need, are in git's order. */
static void list_files(const char *name, const char *prefix, const char *skipped, struct buf *files,
		       struct buf *folders)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	AUTO(worktree_walk_freep) struct worktree_walk *walk = NULL;
	struct worktree_file file;
	struct error err = { 0 };
	int status;

	if (worktree_walk_open(repo, prefix, &walk, &err))
		fail_msg("%s", err.message);
	while ((status = worktree_walk_next(walk, &file, &err)) > 0) {
		buf_add_format(file.kind == TREE_FOLDER ? folders : files, "%s\n", file.path);
		if (!strcmp(file.path, skipped))
			worktree_walk_skip(walk);
	}
	assert_string_equal(fixture_error(&err), "");
	assert_int_equal(status, 0);
}

/* What git would add: tracked and not ignored, if it is on disk. */
static const char *listed_by_git(const char *name, const char *prefix)
{
	return fixture_output(
		"cd '%s/%s'; git ls-files -z -c -o --exclude-standard --deduplicate |"
		" perl -0ne 'chomp; s,/$,,; /\\.GIT$/ or print \"$_\\n\" if -l || -e && !-p &&"
		" !(-d && -e \"$_/now-a-folder\")' | LC_ALL=C sort; echo",
		name, prefix);
}

static const char *folders_of_git(const char *name, const char *prefix)
{
	return fixture_output("echo '%s' | perl -ne 'while (m,/,g) { print substr($_, 0, $-[0]),"
			      " \"/\\n\" }' | LC_ALL=C sort -u | sed 's,/$,,'; echo",
			      listed_by_git(name, prefix));
}

static void test_a_walk_gives_what_git_would_add(void **state)
{
	static const char *const prefixes[] = { "", "a", "a/b", "c", "c/", "libs", "ignored", "z" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		AUTO(buf_release) struct buf files = BUF_INIT(MIB), folders = BUF_INIT(MIB);

		list_files("r", prefixes[i], "none", &files, &folders);
		assert_string_equal(files.data, listed_by_git("r", prefixes[i]));
		assert_string_equal(folders.data, folders_of_git("r", prefixes[i]));
	}
}

static void test_a_clean_work_tree_is_the_commit(void **state)
{
	AUTO(buf_release) struct buf list = BUF_INIT(MIB);

	(void)state;
	fixture_run("rm -rf clean; git clone -q r clean; mkdir -p clean/libs/sub;"
		    "git -C clean update-index --index-version 4");
	list_files("clean", "", "none", &list, &list);
	assert_string_equal(list.data,
			    fixture_output("git -C clean ls-tree -r -t -z --name-only HEAD |"
					   " tr '\\0' '\\n'; echo"));
}

static void test_a_skipped_folder_is_not_entered(void **state)
{
	AUTO(buf_release) struct buf files = BUF_INIT(MIB), folders = BUF_INIT(MIB);

	(void)state;
	list_files("r", "", "c", &files, &folders);
	assert_null(strstr(files.data, "c/"));
	assert_non_null(strstr(folders.data, "c\nkeep\n"));
	assert_non_null(strstr(files.data, "keep/x.log\n"));
}

static const struct {
	const char *path;
	enum tree_kind kind;
	int size;
} kinds[] = {
	{ "a/new", TREE_FILE, 4 },	   { "run", TREE_EXECUTABLE, 4 },
	{ "link", TREE_SYMLINK, 3 },	   { "libs", TREE_FOLDER, 0 },
	{ "libs/sub", TREE_SUBMODULE, 0 }, { "nested", TREE_SUBMODULE, 0 },
};

static void test_kinds_and_sizes_are_those_on_disk(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(worktree_walk_freep) struct worktree_walk *walk = NULL;
	struct worktree_file file;
	struct error err = { 0 };
	size_t found = 0;

	(void)state;
	assert_int_equal(worktree_walk_open(repo, "", &walk, &err), 0);
	while (worktree_walk_next(walk, &file, &err) > 0) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			if (strcmp(file.path, kinds[i].path) != 0)
				continue;
			assert_int_equal(file.kind, kinds[i].kind);
			assert_int_equal(file.size, kinds[i].size);
			found++;
		}
	}
	assert_int_equal(found, ARRAY_SIZE(kinds));
}

static void test_without_file_modes_the_index_knows_them(void **state)
{
	AUTO(worktree_walk_freep) struct worktree_walk *walk = NULL;
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct worktree_file file;
	struct error err = { 0 };

	(void)state;
	fixture_run("rm -rf modes; git init -q modes; cd modes; echo 1 >run; chmod +x run;"
		    "git add run; chmod -x run; echo 1 >ux; chmod +x ux;"
		    "git config core.fileMode false");
	repo = fixture_open("modes");
	assert_int_equal(worktree_walk_open(repo, "", &walk, &err), 0);
	assert_int_equal(worktree_walk_next(walk, &file, &err), 1);
	assert_int_equal(file.kind, TREE_EXECUTABLE);
	assert_int_equal(worktree_walk_next(walk, &file, &err), 1);
	assert_int_equal(file.kind, TREE_FILE);
}

static const struct {
	const char *repository, *prefix, *error;
} unopened[] = {
	{ "r", "nope", "not-found: 'nope' is not in the work tree" },
	{ "r", "a/x", "not-found: 'a/x' is not in the work tree" },
	{ "r", "root", "not-found: 'root' is not in the work tree" },
	{ "r", "../r", "not-found: '../r' is not in the work tree" },
	{ "r", ".git", "not-found: '.git' is not in the work tree" },
	{ "bare", "", "input: 'ROOT/bare' has no work tree" },
	{ "split", "", "unsupported: 'ROOT/split/.git/index' is split, sparse or damaged" },
	{ "cut", "", "unsupported: 'ROOT/cut/.git/index' is split, sparse or damaged" },
	{ "sparse", "", "unsupported: 'ROOT/sparse/.git/index' is split, sparse or damaged" },
};

static void test_what_cannot_be_walked_says_why(void **state)
{
	(void)state;
	fixture_run("git clone -q r split; git -C split update-index --split-index;"
		    "git clone -q r cut; truncate -s -100 cut/.git/index;"
		    "git clone -q r sparse; cd sparse; git sparse-checkout set --cone"
		    " --sparse-index a 2>/dev/null");
	for (size_t i = 0; i < ARRAY_SIZE(unopened); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(unopened[i].repository);
		struct worktree_walk *walk = NULL;
		struct error err = { 0 };

		assert_int_equal(worktree_walk_open(repo, unopened[i].prefix, &walk, &err), -1);
		assert_string_equal(fixture_error(&err), fixture_text(unopened[i].error));
	}
}

static const struct {
	const char *path, *error;
} files[] = {
	{ "a/x", "" },
	{ "link", "input: 'link' is or goes through a symlink" },
	{ "root/etc/passwd", "not-found: 'root/etc/passwd' is not in the work tree" },
	{ "../r/a/x", "not-found: '../r/a/x' is not in the work tree" },
	{ "/etc/passwd", "not-found: '/etc/passwd' is not in the work tree" },
	{ ".git/config", "not-found: '.git/config' is not in the work tree" },
	{ "nope", "not-found: 'nope' is not in the work tree" },
	{ "", "not-found: '' is not in the work tree" },
	{ "a", "input: 'a' is not a regular file" },
	{ "pipe", "input: 'pipe' is not a regular file" },
};

static void test_a_file_is_opened_beneath_the_work_tree(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTOCLOSE int fd = -1;
		struct error err = { 0 };

		assert_int_equal(worktree_open(repo, files[i].path, &fd, &err),
				 *files[i].error ? -1 : 0);
		assert_string_equal(fixture_error(&err), files[i].error);
	}
}

static void test_a_symlink_is_read_and_not_followed(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(buf_release) struct buf target = BUF_INIT(100), none = BUF_INIT(100);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(worktree_read_link(repo, "link", &target, &err), 0);
	assert_string_equal(target.data, "a/x");
	assert_int_equal(worktree_read_link(repo, "a/x", &none, &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'a/x' is not a symlink");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_walk_gives_what_git_would_add),
		cmocka_unit_test(test_a_clean_work_tree_is_the_commit),
		cmocka_unit_test(test_a_skipped_folder_is_not_entered),
		cmocka_unit_test(test_kinds_and_sizes_are_those_on_disk),
		cmocka_unit_test(test_without_file_modes_the_index_knows_them),
		cmocka_unit_test(test_what_cannot_be_walked_says_why),
		cmocka_unit_test(test_a_file_is_opened_beneath_the_work_tree),
		cmocka_unit_test(test_a_symlink_is_read_and_not_followed),
	};

	return cmocka_run_group_tests(tests, make_repository, fixture_end);
}
