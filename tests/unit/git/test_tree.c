/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "git/tree.h"

/* Trees that git itself does not write are made by hand. */
static int make_trees(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q r; cd r; mkdir -p a/b a.d z 'sp ace'; echo 1 >a/b/c; echo 2 >a/x;"
		    "echo 3 >a.d/f; echo 4 >a0; echo 5 >run; chmod +x run; ln -s /etc/passwd link;"
		    "echo 6 >'sp ace/n'; printf 7 >\"$(printf 'z/\\303\\251\\377')\"; git add .;"
		    "git update-index --add --cacheinfo"
		    " 160000,0123456789012345678901234567890123456789,sub;"
		    "git commit -q -m 1; git tag good");
	fixture_run("cd r; b=$(git rev-parse HEAD:a0); t=$(git rev-parse HEAD:a);"
		    "raw() { perl -e 'for (@ARGV) { /(.*)=(.*)/; print $1, \"\\0\","
		    " pack(\"H*\", $2) }' \"$@\" |"
		    " git hash-object -t tree -w --literally --stdin; };"
		    "git tag dotdot $(raw \"100644 ..=$b\");"
		    "git tag dot $(raw \"100644 .=$b\");"
		    "git tag dotgit $(raw \"40000 .GiT=$t\");"
		    "git tag gitx $(raw \"100644 .gitx=$b\");"
		    "git tag slash $(raw \"100644 a/b=$b\");"
		    "git tag twice $(raw \"100644 a=$b\" \"100644 a=$b\");"
		    "git tag order $(raw \"100644 b=$b\" \"100644 a=$b\");"
		    "git tag both $(raw \"100644 a=$b\" \"100644 a-b=$b\" \"40000 a=$t\");"
		    "git tag legacy $(raw \"100664 a=$b\");"
		    "git tag gone $(raw \"40000 d=%s\");"
		    "git tag empty $(git hash-object -t tree -w --stdin </dev/null);"
		    "t=$(git rev-parse empty); for i in $(seq 300); do"
		    " t=$(printf \"040000 tree $t\\td\" | git mktree); done; git tag deep $t",
		    "1111111111111111111111111111111111111111");
	return 0;
}

static const char *tree_of(const char *revision)
{
	return fixture_output("git -C r rev-parse '%s^{tree}'", revision);
}

static void add_entry(struct buf *list, const struct tree_entry *entry)
{
	static const char kinds[] = { [TREE_FILE] = 'f',
				      [TREE_EXECUTABLE] = 'x',
				      [TREE_SYMLINK] = 'l',
				      [TREE_FOLDER] = 'd',
				      [TREE_SUBMODULE] = 's' };

	buf_add_format(list, "%c %s %s\n", kinds[entry->kind], entry->oid, entry->path);
}

/* What a walk gives, without entering a folder named `skipped`. */
static void list_tree(const char *tree, const char *prefix, const char *skipped, struct buf *list,
		      struct error *err)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(tree_walk_freep) struct tree_walk *walk = NULL;
	struct tree_entry entry;
	int status;

	if (tree_walk_open(repo, tree, prefix, &walk, err))
		return;
	while ((status = tree_walk_next(walk, &entry, err)) > 0) {
		assert_int_equal(entry.size, -1);
		add_entry(list, &entry);
		if (!strcmp(entry.path, skipped))
			tree_walk_skip(walk);
	}
	assert_int_equal(status, err->kind == ERROR_NONE ? 0 : -1);
}

/* git's own listing in our form. */
static const char *listed_by_git(const char *revision)
{
	return fixture_output("git -C r -c core.quotePath=false ls-tree -r -t -z '%s' |"
			      " tr '\\0' '\\n' | sed -e 's/^100644 blob/f/' -e 's/^100755 blob/x/'"
			      " -e 's/^120000 blob/l/' -e 's/^040000 tree/d/'"
			      " -e 's/^160000 commit/s/' -e 's/\\t/ /'; echo",
			      revision);
}

static void test_a_walk_gives_what_git_lists(void **state)
{
	static const struct {
		const char *prefix, *revision;
	} walks[] = {
		{ "", "good:" },	{ "a", "good:a" },	     { "a/b", "good:a/b" },
		{ "a/b/", "good:a/b" }, { "sp ace", "good:sp ace" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(walks); i++) {
		AUTO(buf_release) struct buf list = BUF_INIT(MIB);
		struct error err = { 0 };

		list_tree(tree_of("good"), walks[i].prefix, "", &list, &err);
		assert_string_equal(fixture_error(&err), "");
		assert_string_equal(list.data, listed_by_git(walks[i].revision));
	}
}

static void test_a_skipped_folder_is_not_entered(void **state)
{
	AUTO(buf_release) struct buf list = BUF_INIT(MIB);
	struct error err = { 0 };

	(void)state;
	list_tree(tree_of("good"), "", "a", &list, &err);
	assert_non_null(strstr(list.data, " a\n"));
	assert_null(strstr(list.data, " a/b\n"));
	assert_non_null(strstr(list.data, " a0\n"));
	buf_reset(&list);
	list_tree(tree_of("good"), "a", "b", &list, &err);
	assert_non_null(strstr(list.data, " b\n"));
	assert_null(strstr(list.data, " b/c\n"));
	assert_non_null(strstr(list.data, " x\n"));
}

static const struct {
	const char *revision;
	const char *prefix;
	const char *error; /* ~ is the tree's name */
} walked[] = {
	{ "empty", "", "" },
	{ "gitx", "", "" },
	{ "legacy", "", "" },
	{ "dotdot", "", "input: the tree ~ holds the name '..'" },
	{ "dot", "", "input: the tree ~ holds the name '.'" },
	{ "dotgit", "", "input: the tree ~ holds the name '.GiT'" },
	{ "slash", "", "input: the tree ~ holds the name 'a/b'" },
	{ "twice", "", "input: the tree ~ is not in order at 'a'" },
	{ "order", "", "input: the tree ~ is not in order at 'a'" },
	{ "both", "", "input: the tree ~ holds twice the name 'a'" },
	{ "deep", "", "input: the tree has more than 256 levels of folders" },
	{ "gone", "",
	  "input: 'd': object 1111111111111111111111111111111111111111 is not in the repository" },
	{ "good", "nope", "not-found: 'nope' is not in the commit" },
	{ "good", "a/nope", "not-found: 'a/nope' is not in the commit" },
	{ "good", "a0/x", "not-found: 'a0/x' is not in the commit" },
	{ "good", "link/x", "not-found: 'link/x' is not in the commit" },
	{ "good", "a/../a", "not-found: 'a/../a' is not in the commit" },
	{ "good", "a0", "input: 'a0' is not a folder of the commit" },
};

static void test_a_tree_that_no_folder_could_hold_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(walked); i++) {
		AUTO(buf_release) struct buf list = BUF_INIT(MIB), expected = BUF_INIT(4096);
		const char *tree = tree_of(walked[i].revision);
		struct error err = { 0 };

		for (const char *p = walked[i].error; *p; p++)
			*p == '~' ? buf_add_text(&expected, tree) : buf_add_char(&expected, *p);
		list_tree(tree, walked[i].prefix, "", &list, &err);
		assert_string_equal(fixture_error(&err), expected.data);
	}
}

static const struct {
	const char *path;
	enum tree_kind kind;
} found[] = {
	{ "", TREE_FOLDER },	    { "a", TREE_FOLDER },     { "a/b/c", TREE_FILE },
	{ "run", TREE_EXECUTABLE }, { "link", TREE_SYMLINK }, { "sub", TREE_SUBMODULE },
	{ "sp ace/n", TREE_FILE },
};

static void test_an_entry_is_found_by_its_path(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	struct tree_entry entry;
	struct error err = { 0 };
	char tree[41];

	(void)state;
	snprintf(tree, sizeof(tree), "%s", tree_of("good"));
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		assert_int_equal(tree_find(repo, tree, found[i].path, &entry, &err), 0);
		assert_int_equal(entry.kind, found[i].kind);
		assert_null(entry.path);
		assert_string_equal(entry.oid,
				    fixture_output("git -C r rev-parse 'good:%s'", found[i].path));
	}
	assert_int_equal(tree_find(repo, "main", "", &entry, &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'main' is not the full name of an object");
}

static void test_a_missing_tree_comes_with_the_mend(void **state)
{
	static const struct {
		const char *setting, *hint;
	} mends[] = {
		{ "core.bare false", "'git fsck' lists what is missing, 'git fetch --refetch' "
				     "brings it" },
		{ "extensions.partialClone origin", "the clone is partial: 'git fetch --refetch "
						    "--no-filter' brings all of it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mends); i++) {
		AUTO(buf_release) struct buf list = BUF_INIT(MIB);
		struct error err = { 0 };

		fixture_run("git -C r config %s", mends[i].setting);
		list_tree(tree_of("gone"), "", "", &list, &err);
		assert_string_equal(error_get_hint(&err), mends[i].hint);
	}
	fixture_run("git -C r config --unset extensions.partialClone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_walk_gives_what_git_lists),
		cmocka_unit_test(test_a_skipped_folder_is_not_entered),
		cmocka_unit_test(test_a_tree_that_no_folder_could_hold_is_refused),
		cmocka_unit_test(test_an_entry_is_found_by_its_path),
		cmocka_unit_test(test_a_missing_tree_comes_with_the_mend),
	};

	return cmocka_run_group_tests(tests, make_trees, fixture_end);
}
