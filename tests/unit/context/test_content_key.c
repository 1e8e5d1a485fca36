/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "context/content-key.h"
#include "context/context-tree.h"
#include "git/commit.h"

#define MAKE                                                                                       \
	"git init -q tree && cd tree && mkdir -p a/b/c a/d docs e\n"                               \
	"for f in a/1 a/b/2 a/b/c/3 a/d/4.md docs/5.md docs/6 e/7 8.md; do echo $f >$f; done\n"    \
	"chmod 755 a/1; ln -s 1 a/link\n"                                                          \
	"git add -A && git commit -qm one"

/* What git itself makes of a tree without the files that `dropped` names. */
static const char *without(const char *dropped)
{
	return fixture_output("cd tree && export GIT_INDEX_FILE=$PWD/../index\n"
			      "git read-tree HEAD && git rm -rq --cached --ignore-unmatch %s\n"
			      "git write-tree",
			      dropped);
}

static int tree_of(const char *folder, const char *ignore_text, struct context_tree *ret_tree,
		   struct error *err)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("tree");
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	struct commit commit = { 0 };
	int status;

	assert_int_equal(commit_resolve(repo, "HEAD", &commit, err), 0);
	if (ignore_text)
		assert_int_equal(dockerignore_parse(slice_of(ignore_text), "I", &ignore, err), 0);
	status = context_tree_of(
		&(struct context_tree_options){
			.repo = repo, .tree_sha = commit.tree, .folder = folder, .ignore = ignore },
		ret_tree, err);
	commit_release(&commit);
	return status;
}

static const struct {
	const char *ignore, *dropped;
} trees[] = {
	{ NULL, "none" },
	{ "", "none" },
	{ "nothing-is-called-so\nneither/**/this", "none" },
	{ "*.md", "8.md" },
	{ "**/*.md", "8.md a/d docs/5.md" },
	{ "docs", "docs" },
	{ "docs\n!docs/6", "docs/5.md" },
	{ "docs\n!docs/*", "none" },
	{ "a/b/c/3", "a/b/c" },
	{ "a/1\na/link", "a/1 a/link" },
	{ "*\n!a/b", "8.md docs e a/1 a/link a/d" },
	{ "**", "." },
};

/* Folders that are kept though nothing in them is have no place in git's index. */
static void expect_tree(size_t i, const char *oid)
{
	const char *expected = without(trees[i].dropped);

	if (!strcmp(oid, expected))
		return;
	fail_msg("'%s': %s, not %s", trees[i].ignore ? trees[i].ignore : "", oid, expected);
}

static void test_the_tree_of_what_is_kept(void **state)
{
	(void)state;
	fixture_run(MAKE);
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		struct context_tree tree = { "" };
		struct error err = { 0 };

		assert_int_equal(tree_of("", trees[i].ignore, &tree, &err), 0);
		/* These leave an empty folder behind. */
		if (trees[i].ignore &&
		    (strstr(trees[i].ignore, "c/3") || strstr(trees[i].ignore, "**/*.md")))
			assert_string_not_equal(tree.oid, without(trees[i].dropped));
		else
			expect_tree(i, tree.oid);
	}
}

static void test_a_folder_that_lost_all_is_not_one_that_is_dropped(void **state)
{
	struct context_tree emptied = { "" }, dropped = { "" }, whole = { "" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(tree_of("", "e/*", &emptied, &err), 0);
	assert_int_equal(tree_of("", "e", &dropped, &err), 0);
	assert_int_equal(tree_of("", NULL, &whole, &err), 0);
	assert_string_not_equal(emptied.oid, dropped.oid);
	assert_string_not_equal(emptied.oid, whole.oid);
	assert_string_equal(dropped.oid, without("e"));
}

static void test_a_folder_of_the_tree(void **state)
{
	struct context_tree tree = { "" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(tree_of("a", "b/c\nd", &tree, &err), 0);
	assert_string_equal(tree.oid,
			    fixture_output("cd tree && git rev-parse %s:a", without("a/b/c a/d")));
	assert_int_equal(tree_of("absent", NULL, &tree, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static const struct {
	const char *files, *ignore, *dropped;
} selected[] = {
	{ "nothing", "", "." },
	{ "only:docs e/7", "", "a 8.md" },
	{ "only:a/b/c a/link", "", "docs e 8.md a/1 a/d a/b/2" },
	{ "only:docs a", "**/5.*", "e 8.md docs/5.md" },
	{ "only:a/b e", "*\n!a/b/2", "docs e 8.md a/1 a/d a/link a/b/c" },
	{ "allbut:a/b docs/6", "", "a/b docs/6" },
	{ "allbut:a/b", "e\n*.md", "a/b e 8.md" },
	{ "allbut:a/b", "*\n!a/b", "." },
	{ "allbut:absent", "", "none" },
};

static void test_the_tree_of_the_files_that_count(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("tree");
	struct commit commit = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(commit_resolve(repo, "HEAD", &commit, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(selected); i++) {
		AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
		AUTO(selection_release) struct selection selection = { 0 };
		struct context_tree tree = { "" };

		assert_int_equal(selection_add(&selection, selected[i].files, &err), 0);
		assert_int_equal(
			dockerignore_parse(slice_of(selected[i].ignore), "I", &ignore, &err), 0);
		assert_int_equal(
			context_tree_of(&(struct context_tree_options){ .repo = repo,
									.tree_sha = commit.tree,
									.folder = "",
									.ignore = ignore,
									.selection = &selection },
					&tree, &err),
			0);
		if (strcmp(tree.oid, without(selected[i].dropped)) != 0)
			fail_msg("%s, '%s': %s", selected[i].files, selected[i].ignore, tree.oid);
	}
	commit_release(&commit);
}

/* The tree of HEAD with a submodule of that commit in it; NULL: without. */
static void find_tree_with(const char *submodule, bool empties_submodules,
			   struct context_tree *ret_tree)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("tree");
	struct error err = { 0 };
	const char *oid =
		submodule ? fixture_output("cd tree && export GIT_INDEX_FILE=$PWD/../index\n"
					   "git read-tree HEAD && git update-index --add "
					   "--cacheinfo 160000,%s,a/b/sub && git write-tree",
					   submodule)
			  : without("none");

	assert_int_equal(
		context_tree_of(
			&(struct context_tree_options){ .repo = repo,
							.tree_sha = oid,
							.folder = "",
							.empties_submodules = empties_submodules },
			ret_tree, &err),
		0);
}

static void test_an_emptied_submodule_counts_as_a_folder(void **state)
{
	static const char *const one = "1111111111111111111111111111111111111111";
	static const char *const two = "2222222222222222222222222222222222222222";
	struct context_tree first = { "" }, second = { "" }, none = { "" };

	(void)state;
	find_tree_with(one, true, &first);
	find_tree_with(two, true, &second);
	assert_string_equal(first.oid, second.oid);
	find_tree_with(NULL, true, &none);
	assert_string_not_equal(first.oid, none.oid);
	assert_string_equal(none.oid, without("none"));
	find_tree_with(one, false, &first);
	find_tree_with(two, false, &second);
	assert_string_not_equal(first.oid, second.oid);
}

/* No blob is opened: all of them may be missing. */
static void test_no_blob_is_read(void **state)
{
	struct context_tree before = { "" }, after = { "" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(tree_of("", "**/*.md", &before, &err), 0);
	fixture_run("cd tree && git ls-tree -r HEAD | while read -r _ _ blob _; do\n"
		    "rm -f .git/objects/$(echo $blob | sed 's|^..|&/|'); done");
	assert_int_equal(tree_of("", "**/*.md", &after, &err), 0);
	assert_string_equal(before.oid, after.oid);
}

static void test_a_tree_that_is_too_deep_is_refused(void **state)
{
	struct context_tree tree = { "" };
	struct error err = { 0 };

	(void)state;
	fixture_run("cd tree && id=$(git rev-parse HEAD:8.md) type=blob mode=100644\n"
		    "for level in $(seq %d); do\n"
		    "id=$(printf '%%s %%s %%s\\tx\\n' $mode $type $id | git mktree --missing)\n"
		    "type=tree mode=040000; done\n"
		    "git update-ref HEAD $(git commit-tree -m deep $id)",
		    LIMIT_TREE_DEPTH + 2);
	assert_int_equal(tree_of("", "**/*.md", &tree, &err), -1);
	assert_string_equal(fixture_error(&err),
			    "input: the tree has more than 256 levels of folders");
}

static struct digest_text key_of(const char *const (*inputs)[3], size_t count)
{
	struct content_key key = { 0 };
	struct digest_text digest;
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		assert_int_equal(content_key_add(&key, (enum key_kind)(inputs[i][0][0] - '0'),
						 inputs[i][1], inputs[i][2], &err),
				 0);
	assert_int_equal(content_key_digest(&key, &digest, &err), 0);
	content_key_release(&key);
	return digest;
}

#define KEY_OF(...)                                                                                \
	key_of((const char *const[][3]){ __VA_ARGS__ },                                            \
	       ARRAY_SIZE(((const char *const[][3]){ __VA_ARGS__ })))
#define SAME(a, b)  assert_string_equal((a).text, (b).text)
#define OTHER(a, b) assert_string_not_equal((a).text, (b).text)

static void test_order_means_nothing_and_borders_do(void **state)
{
	struct digest_text key = KEY_OF({ "4", "A", "1" }, { "4", "B", "2" }, { "1", "", "t" });

	(void)state;
	SAME(key, KEY_OF({ "1", "", "t" }, { "4", "B", "2" }, { "4", "A", "1" }));
	SAME(key,
	     KEY_OF({ "4", "A", "0" }, { "4", "B", "2" }, { "1", "", "t" }, { "4", "A", "1" }));
	OTHER(key, KEY_OF({ "4", "A", "1" }, { "4", "B", "2" }));
	OTHER(key, KEY_OF({ "4", "A", "1" }, { "5", "B", "2" }, { "1", "", "t" }));
	OTHER(key, KEY_OF({ "4", "A", "2" }, { "4", "B", "1" }, { "1", "", "t" }));
	OTHER(KEY_OF({ "4", "AB", "C" }), KEY_OF({ "4", "A", "BC" }));
	OTHER(KEY_OF({ "4", "A", "" }), KEY_OF({ "4", "", "A" }));
	/* This version's, once and for all: another encoding needs another version. */
	assert_string_equal(
		KEY_OF({ "0", "", "x" }, { "4", "A", "1" }).text,
		fixture_output("t() { printf \"\\\\$(printf %%03o ${#1})"
			       "\\0\\0\\0\\0\\0\\0\\0%%s\" \"$1\"; }\n"
			       "{ t 'git-image content key 1'; t Dockerfile; t ''; t x;\n"
			       "t 'build arg'; t A; t 1; } | sha256sum |\n"
			       "sed 's/^/sha256:/; s/ .*//'"));
}

static void test_the_first_input_that_differs(void **state)
{
	struct content_key a = { 0 }, b = { 0 };
	const struct key_input *of_a = NULL, *of_b = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(content_key_add(&a, KEY_BUILD_ARG, "A", "1", &err), 0);
	assert_int_equal(content_key_add(&a, KEY_FILES, "", "t", &err), 0);
	assert_int_equal(content_key_add(&b, KEY_FILES, "", "t", &err), 0);
	assert_true(content_key_differ(&a, &b, &of_a, &of_b));
	assert_string_equal(of_a->name, "A");
	assert_null(of_b);
	assert_int_equal(content_key_add(&b, KEY_BUILD_ARG, "A", "2", &err), 0);
	assert_int_equal(content_key_add(&b, KEY_TARGET, "", "x", &err), 0);
	assert_true(content_key_differ(&a, &b, &of_a, &of_b));
	assert_null(of_a);
	assert_int_equal(of_b->kind, KEY_TARGET);
	assert_int_equal(content_key_add(&a, KEY_TARGET, "", "x", &err), 0);
	assert_true(content_key_differ(&a, &b, &of_a, &of_b));
	assert_string_equal(of_a->value, "1");
	assert_string_equal(of_b->value, "2");
	assert_int_equal(content_key_add(&a, KEY_BUILD_ARG, "A", "2", &err), 0);
	assert_false(content_key_differ(&a, &b, &of_a, &of_b));
	content_key_release(&a);
	content_key_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_tree_of_what_is_kept),
		cmocka_unit_test(test_a_folder_that_lost_all_is_not_one_that_is_dropped),
		cmocka_unit_test(test_a_folder_of_the_tree),
		cmocka_unit_test(test_the_tree_of_the_files_that_count),
		cmocka_unit_test(test_an_emptied_submodule_counts_as_a_folder),
		cmocka_unit_test(test_no_blob_is_read),
		cmocka_unit_test(test_a_tree_that_is_too_deep_is_refused),
		cmocka_unit_test(test_order_means_nothing_and_borders_do),
		cmocka_unit_test(test_the_first_input_that_differs),
	};

	return cmocka_run_group_tests_name("context/content-key", tests, fixture_start,
					   fixture_end);
}
