/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <string.h>

#include "base/buf.h"
#include "context/context-differ.h"
#include "context/selection.h"
#include "git/commit.h"

/* Before each row; "web" is the context. */
#define MAKE                                                                                       \
	"rm -rf r; git init -q r; cd r; mkdir -p web/a/b web/c other\n"                            \
	"for f in web/Dockerfile web/a/1 web/a/b/2 web/c/3 web/c/4.md other/5; do"                 \
	"  echo FROM scratch >$f; done\n"                                                          \
	"echo '**/*.md' >web/.dockerignore; git add -A; git commit -qm one\n"

static const struct {
	const char *script;
	const char *expected;
} rows[] = {
	{ "true", "" },
	{ "echo x >web/a/1", "changed a/1\n" },
	{ "chmod +x web/a/b/2", "mode a/b/2\n" },
	{ "git rm -q web/c/3", "removed c/3\n" },
	{ "git mv web/c/3 web/c/5", "removed c/3\nadded c/5\n" },
	{ "rm web/a/1; ln -s b web/a/1", "changed a/1\n" },
	{ "echo x >web/c/4.md; echo x >other/5; echo y >web/new.md", "" },
	/* A file becomes a folder, and is still two things. */
	{ "rm web/c/3; mkdir web/c/3; echo x >web/c/3/x", "removed c/3\nadded c/3/x\n" },
	{ "rm -r web/a; echo x >web/a", "added a\nremoved a/1\nremoved a/b/2\n" },
	{ "echo x >web/a/1; echo x >web/a/b/2; echo x >web/c/3",
	  "changed a/1\nchanged a/b/2\nchanged c/3\n" },
	/* A submodule is an empty folder, whatever its commit. */
	{ "sub() { git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),web/c/sub; };"
	  "mkdir web/c/sub; sub; git commit -qm sub; sub; git rm -q web/c/3",
	  "removed c/3\n" },
	/* What .dockerignore says otherwise comes and goes without being changed. */
	{ "echo c >web/.dockerignore", "changed .dockerignore\nremoved c/3\n" },
	{ "rm web/.dockerignore", "removed .dockerignore\nadded c/4.md\n" },
	{ "printf '**/*.md\\n!c/4.md\\n' >web/.dockerignore",
	  "changed .dockerignore\nadded c/4.md\n" },
	/* Dockerfile.dockerignore goes before it. */
	{ "echo a >web/Dockerfile.dockerignore",
	  "added Dockerfile.dockerignore\nremoved a/1\nremoved a/b/2\nadded c/4.md\n" },
};

static int add_change(void *arg, const char *path, enum file_change change, struct error *err)
{
	static const char *const names[] = {
		[FILE_ADDED] = "added",
		[FILE_REMOVED] = "removed",
		[FILE_CHANGED] = "changed",
		[FILE_MODE] = "mode",
	};

	(void)err;
	buf_add_format(arg, "%s %s\n", names[change], path);
	return 0;
}

static struct context *open_context(struct git_repo *repo, const char *revision,
				    const struct selection *files)
{
	AUTO(commit_release) struct commit commit = { 0 };
	struct context *context = NULL;
	struct error err = { 0 };

	assert_int_equal(commit_resolve(repo, revision, &commit, &err), 0);
	if (context_open(&(struct context_options){ .repo = repo,
						    .tree_sha = commit.tree,
						    .folder = "web",
						    .files = files,
						    .allow_submodules = true },
			 &context, &err))
		fail_msg("%s: %s", revision, err.message);
	return context;
}

static void compare(const struct selection *before, const struct selection *after, struct buf *text)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(context_freep) struct context *one = open_context(repo, "HEAD^", before);
	AUTO(context_freep) struct context *two = open_context(repo, "HEAD", after);
	struct error err = { 0 };

	if (context_differ(one, two, add_change, text, &err))
		fail_msg("%s", err.message);
}

static void test_what_became_of_the_files_that_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(MIB);

		fixture_run(MAKE "%s; git add -A; git commit -q --allow-empty -m two",
			    rows[i].script);
		compare(NULL, NULL, &text);
		if (strcmp(text.data, rows[i].expected) != 0)
			fail_msg("%s:\n%s\nnot\n%s", rows[i].script, text.data, rows[i].expected);
	}
}

static void test_a_selection_that_changes_brings_files(void **state)
{
	AUTO(selection_release) struct selection only = { 0 }, all_but = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);
	struct error err = { 0 };

	(void)state;
	fixture_run(MAKE "echo x >web/c/3; git add -A; git commit -qm two");
	assert_int_equal(selection_add(&only, "only:a/b .dockerignore", &err), 0);
	assert_int_equal(selection_add(&all_but, "allbut:c Dockerfile", &err), 0);
	compare(&only, &only, &text);
	assert_string_equal(text.data, "");
	compare(&only, &all_but, &text);
	assert_string_equal(text.data, "added a/1\n");
	buf_reset(&text);
	compare(NULL, &only, &text);
	assert_string_equal(text.data, "removed Dockerfile\nremoved a/1\nremoved c/3\n");
}

/* 60 commits of random edits: the same as git says. */
static void test_it_agrees_with_git(void **state)
{
	(void)state;
	fixture_run(MAKE "rm web/.dockerignore; git add -A; git commit -qm two");
	for (int i = 1; i <= 60; i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(MIB);

		fixture_run(
			"cd r/web; i=%d; n=$((i * 7919 %% 13 + 1)); while [ $n -gt 0 ]; do"
			"  n=$((n - 1)); d=$((i * n * 31 %% 5)); f=$((i * n * 17 %% 9));"
			"  mkdir -p d$d/e$f; case $(((i + n) %% 4)) in"
			"  0) rm -f d$d/e$f/$f;; 1) echo $i >d$d/e$f/$f;;"
			"  2) echo $n >d$d/$f.x;; 3) [ ! -f d$d/$f.x ] || chmod +x d$d/$f.x;; esac;"
			"done; git add -A; git commit -q --allow-empty -m $i",
			i);
		compare(NULL, NULL, &text);
		if (text.len)
			buf_truncate(&text, text.len - 1);
		assert_string_equal(
			text.data,
			fixture_output(
				"git -C r diff --no-renames --raw HEAD^ HEAD -- web |"
				"awk '{ s = $5; if (s == \"M\" && $3 == $4)"
				"  s = \"mode\"; sub(\"A\", \"added\", s); sub(\"D\", \"removed\", "
				"s);"
				"  sub(\"M\", \"changed\", s); print s \" \" substr($6, 5) }'"));
	}
}

static void test_what_is_equal_is_not_opened(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);

	(void)state;
	fixture_run(MAKE "echo x >web/a/1; git add -A; git commit -qm two;"
			 "t=$(git rev-parse HEAD:web/c); chmod -R u+w .git/objects;"
			 "rm .git/objects/$(echo $t | sed 's,^..,&/,')");
	compare(NULL, NULL, &text);
	assert_string_equal(text.data, "changed a/1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_became_of_the_files_that_count),
		cmocka_unit_test(test_a_selection_that_changes_brings_files),
		cmocka_unit_test(test_it_agrees_with_git),
		cmocka_unit_test(test_what_is_equal_is_not_opened),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
