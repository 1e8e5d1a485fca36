/* SPDX-License-Identifier: MIT */
/* Of many commits: equal context trees exactly where a build sees the same. What it sees is
 * said by history.pl, which knows .dockerignore from nobody. */
#include "../git/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "context/context-tree.h"
#include "git/commit.h"

#define RULES	"docs\n!docs/kept\n**/*.log"
#define COMMITS "1000"

struct commit_seen {
	char sha[41], seen[65];
	struct context_tree tree;
};

static const char *script(void)
{
	const char *top = getenv("top_srcdir");

	return fixture_output("echo %s/tests/unit/context/history.pl", top ? top : ".");
}

/* Its commits must be as many as the lines of "SHA HASH" in the file. */
static size_t read_commits(const char *file, struct commit_seen *commits, size_t max)
{
	FILE *in = fopen(fixture_text(file), "re");
	size_t count = 0;

	assert_non_null(in);
	while (count < max && fscanf(in, "%40s %64s", commits[count].sha, commits[count].seen) == 2)
		count++;
	fclose(in);
	return count;
}

static void find_tree(struct git_repo *repo, struct commit_seen *commit,
		      struct context_tree_options *options)
{
	struct commit found = { 0 };
	struct error err = { 0 };

	assert_int_equal(commit_resolve(repo, commit->sha, &found, &err), 0);
	options->tree_sha = found.tree;
	if (context_tree_of(options, &commit->tree, &err))
		fail_msg("%s: %s", commit->sha, err.message);
	commit_release(&found);
}

static int by_what_is_seen(const void *a, const void *b)
{
	const struct commit_seen *x = a, *y = b;
	int order = strcmp(x->seen, y->seen);

	return order ? order : strcmp(x->tree.oid, y->tree.oid);
}

static int by_tree(const void *a, const void *b)
{
	const struct commit_seen *x = a, *y = b;
	int order = strcmp(x->tree.oid, y->tree.oid);

	return order ? order : strcmp(x->seen, y->seen);
}

static void expect_equal_together(struct commit_seen *commits, size_t count)
{
	size_t equal = 0;

	qsort(commits, count, sizeof(*commits), by_what_is_seen);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(commits[i - 1].seen, commits[i].seen) != 0)
			continue;
		equal++;
		if (strcmp(commits[i - 1].tree.oid, commits[i].tree.oid) != 0)
			fail_msg("%s and %s hold the same", commits[i - 1].sha, commits[i].sha);
	}
	qsort(commits, count, sizeof(*commits), by_tree);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(commits[i - 1].tree.oid, commits[i].tree.oid) &&
		    strcmp(commits[i - 1].seen, commits[i].seen) != 0)
			fail_msg("%s and %s do not hold the same", commits[i - 1].sha,
				 commits[i].sha);
	print_message("%zu commits, %zu like another\n", count, equal);
}

static void expect_truth(const char *folder, const char *file, size_t min)
{
	static struct commit_seen commits[1000];
	size_t count = read_commits(file, commits, ARRAY_SIZE(commits));
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	AUTO(tree_memo_freep) struct tree_memo *memo = NULL;
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct error err = { 0 };
	struct context_tree_options options = { .folder = "", .rules = slice_of(RULES) };

	assert_in_range(count, min, ARRAY_SIZE(commits));
	if (repo_open(fixture_text(folder), &repo, &err) ||
	    tree_memo_open(fixture_text("ROOT/state"), &memo, &err))
		fail_msg("%s", err.message);
	assert_int_equal(dockerignore_parse(slice_of(RULES), "I", &ignore, &err), 0);
	options.repo = repo;
	options.ignore = ignore;
	options.memo = memo;
	for (size_t i = 0; i < count; i++)
		find_tree(repo, &commits[i], &options);
	expect_equal_together(commits, count);
}

static void test_a_generated_history(void **state)
{
	(void)state;
	fixture_run("git init -q made && cd made\n"
		    "%s make " COMMITS " 1 3>../hashes | git fast-import --quiet\n"
		    "git rev-list --reverse main | paste -d' ' - ../hashes >../made.commits",
		    script());
	expect_truth("ROOT/made", "ROOT/made.commits", 1000);
}

/* Where this is no clone, or one of a few commits, there is less to be seen. */
static void test_the_history_of_this_program(void **state)
{
	const char *top = getenv("top_srcdir");

	(void)state;
	fixture_run("%s read %s " COMMITS " >own.commits", script(), top ? top : ".");
	if (!strcmp(fixture_output("wc -l <own.commits"), "0"))
		return;
	expect_truth(top ? top : ".", "ROOT/own.commits", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_generated_history),
		cmocka_unit_test(test_the_history_of_this_program),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
