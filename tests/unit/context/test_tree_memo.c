/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "context/context-tree.h"
#include "git/commit.h"
#include "git/tree-id.h"

#define RULES "**/*.md\n**/tmp/*\nx9"

/* Three levels; everything matters to some rule somewhere. */
#define MAKE                                                                                       \
	"git init -q tree && cd tree && mkdir ../state\n"                                          \
	"for i in 0 1 2 3 4 5 6 7 8 9; do for j in 0 1 2 3 4 5 6 7 8 9; do\n"                      \
	"mkdir -p x$i/y$j/tmp; echo $i $j | tee x$i/a.md x$i/y$j/b.md x$i/y$j/tmp/c x$i/y$j/d"     \
	" >x$i/e; done; done; git add -A && git commit -qm one"

struct scene {
	const char *revision, *folder, *rules, *files;
	bool empties_submodules;
};

/* What is left of it, with what `memo` remembers (NULL: walked). */
static const char *tree_of(const struct scene *scene, struct tree_memo *memo)
{
	static struct context_tree trees[4];
	static size_t next;
	struct context_tree *tree = &trees[next++ % ARRAY_SIZE(trees)];
	AUTO(repo_freep) struct git_repo *repo = fixture_open("tree");
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	AUTO(selection_release) struct selection selection = { 0 };
	struct context_tree_options options = { .repo = repo, .folder = scene->folder };
	struct commit commit = { 0 };
	struct error err = { 0 };

	assert_int_equal(commit_resolve(repo, scene->revision, &commit, &err), 0);
	assert_int_equal(dockerignore_parse(slice_of(scene->rules), "I", &ignore, &err), 0);
	if (scene->files)
		assert_int_equal(selection_add(&selection, scene->files, &err), 0);
	options.selection = &selection;
	options.tree_sha = commit.tree;
	options.ignore = ignore;
	options.rules = slice_of(scene->rules);
	options.memo = memo;
	options.empties_submodules = scene->empties_submodules;
	assert_int_equal(context_tree_of(&options, tree, &err), 0);
	commit_release(&commit);
	return tree->oid;
}

static struct tree_memo *memo_of(const char *folder)
{
	struct tree_memo *memo = NULL;
	struct error err = { 0 };

	assert_int_equal(tree_memo_open(fixture_text(folder), &memo, &err), 0);
	return memo;
}

/* Through a memo that is opened and closed, the same as without. */
static void expect_truth(const struct scene *scene, const char *folder)
{
	AUTO(tree_memo_freep) struct tree_memo *memo = memo_of(folder);
	const char *walked = tree_of(scene, NULL);

	assert_string_equal(tree_of(scene, memo), walked);
	assert_string_equal(tree_of(scene, memo), walked);
}

static const struct scene scenes[] = {
	{ "HEAD", "", RULES, NULL, false },
	{ "HEAD", "x1", RULES, NULL, false },
	{ "HEAD", "", "**/*.md", NULL, false },
	{ "HEAD", "", "*\n!x1/y", NULL, false },
	{ "HEAD", "", "*\n!x1/y1", NULL, false },
	{ "HEAD", "x1", "*\n!y1/tmp", NULL, false },
	{ "HEAD~", "", RULES, NULL, false },
	{ "HEAD~", "x1", RULES, NULL, false },
	{ "HEAD", "", "x1/y1/*", NULL, false },
	{ "HEAD", "", RULES, "only:x1", false },
	{ "HEAD", "", RULES, "only:x1/y1 x2", false },
	{ "HEAD", "", RULES, "allbut:x1/y1 x2", false },
	{ "HEAD", "", RULES, "nothing", false },
	{ "HEAD", "", RULES, NULL, true },
	{ "HEAD~", "", RULES, NULL, true },
	{ "HEAD", "", RULES, "only:x1/y1 x2", true },
};

static void test_what_is_remembered_is_what_a_walk_finds(void **state)
{
	(void)state;
	fixture_run(MAKE "\necho new >x1/y1/tmp/new && chmod 755 x2/e && git rm -qr x3/y3 &&"
			 "git add -A && git update-index --add --cacheinfo "
			 "160000,1111111111111111111111111111111111111111,x2/sub &&"
			 "git commit -qm two");
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
			expect_truth(&scenes[i], "ROOT/state");
}

/* Of another commit only what is new: all that the memo knows may be missing. */
static void test_what_is_known_is_not_read(void **state)
{
	const struct scene scene = { "HEAD", "", RULES, NULL, false };
	AUTO(tree_memo_freep) struct tree_memo *memo = memo_of("ROOT/state");
	const char *before = tree_of(&scene, memo), *after;

	(void)state;
	fixture_run("cd tree && echo new >x2/new && git add x2/new && git commit -qm three\n"
		    "mkdir ../away && for folder in x4 x4/y4 x5/y1/tmp x2/y1; do\n"
		    "git rev-parse HEAD:$folder; done | sed 's|^..|&/|' | while read -r f; do\n"
		    "mkdir -p ../away/${f%%/*} && mv .git/objects/$f ../away/$f; done");
	after = tree_of(&scene, memo);
	assert_string_not_equal(after, before);
	fixture_run("cp -r away/* tree/.git/objects/");
	assert_string_equal(after, tree_of(&scene, NULL));
}

/* Whatever stands in the file. */
static void test_damage_costs_only_time(void **state)
{
	const struct scene scene = { "HEAD", "", RULES, NULL, false };

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		expect_truth(&scene, "ROOT/state");
		fixture_run("cd state && perl -e 'srand %u; open my $f, \"+<\", \"trees\" or die;"
			    "my $size = -s $f; my $data; read $f, $data, $size;"
			    "for (my $i = 0; $i < $size; $i += 64) {"
			    "next if substr($data, $i, 64) !~ /[^\\0]/;"
			    "substr($data, $i + int rand 64, 1) = chr int rand 256;"
			    "substr($data, $i + 16, 40) = \"0\" x 40 if !int rand 4; }"
			    "seek $f, 0, 0; print $f $data; truncate $f, int rand $size if !%u'",
			    seed, seed % 3);
	}
	fixture_run("head -c 9436736 /dev/urandom >state/trees");
	expect_truth(&scene, "ROOT/state");
	fixture_run(": >state/trees");
	expect_truth(&scene, "ROOT/state");
}

static void test_a_place_that_cannot_be_written_costs_only_time(void **state)
{
	const struct scene scene = { "HEAD", "", RULES, NULL, false };

	(void)state;
	fixture_run("rm state/trees && mkdir state/trees");
	expect_truth(&scene, "ROOT/state");
	fixture_run("rmdir state/trees && ln -s /etc/passwd state/trees");
	expect_truth(&scene, "ROOT/state");
	fixture_run("rm state/trees && mkfifo state/trees");
	expect_truth(&scene, "ROOT/state");
	fixture_run("rm state/trees");
	expect_truth(&scene, "ROOT/new/folder");
	assert_true(path_exists(fixture_text("ROOT/new/folder/trees")));
	expect_truth(&scene, "ROOT/new/folder/trees/no-folder");
}

static void test_four_at_once(void **state)
{
	pid_t children[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		if (children[i])
			continue;
		for (size_t j = 0; j < 5 * ARRAY_SIZE(scenes); j++)
			expect_truth(&scenes[(i + j) % ARRAY_SIZE(scenes)], "ROOT/state");
		_exit(0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		int status = -1;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
}

/* What it still knows is right, and whole contexts are not lost to folders. */
static void test_a_full_table_forgets(void **state)
{
	AUTO(tree_memo_freep) struct tree_memo *memo = memo_of("ROOT/full");
	const struct tree_memo_place root = { "", TREE_ID_EMPTY };
	size_t known = 0;
	char oid[41];

	(void)state;
	tree_memo_start(memo, SLICE("rules"));
	tree_memo_keep(memo, &root, TREE_ID_EMPTY);
	for (unsigned i = 0; i < 200000; i++) {
		snprintf(oid, sizeof(oid), "%040u", i);
		tree_memo_keep(memo, &(struct tree_memo_place){ "folder", oid }, oid);
	}
	for (unsigned i = 0; i < 200000; i++) {
		char found[41];

		snprintf(oid, sizeof(oid), "%040u", i);
		if (!tree_memo_find(memo, &(struct tree_memo_place){ "folder", oid }, found))
			continue;
		assert_string_equal(found, oid);
		known++;
	}
	assert_in_range(known, 100000, 131072);
	assert_true(tree_memo_find(memo, &root, oid));
	tree_memo_start(memo, SLICE("other rules"));
	assert_false(tree_memo_find(memo, &root, oid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_remembered_is_what_a_walk_finds),
		cmocka_unit_test(test_what_is_known_is_not_read),
		cmocka_unit_test(test_damage_costs_only_time),
		cmocka_unit_test(test_a_place_that_cannot_be_written_costs_only_time),
		cmocka_unit_test(test_four_at_once),
		cmocka_unit_test(test_a_full_table_forgets),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
