/* SPDX-License-Identifier: MIT */
/* Notes of others joined with ours, next to what git makes of them. */
#include "notes_fixture.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"
#include "git/notes-merge.h"

#define THEIRS "refs/notes/remotes/x/image"

static void test_two_clones_merge(void **state)
{
	AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one"), *two = NULL;

	(void)state;
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "b");
	fixture_run("git clone -q one two; git -C two fetch -q origin " REF ":" REF);
	two = fixture_open("two");
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "c");
	notes_fixture_add(two, notes_fixture_sha("HEAD"), "a");
	notes_fixture_add(two, notes_fixture_sha("HEAD^"), "d");
	fixture_run("cd one; git fetch -q ../two " REF ":refs/notes/theirs;"
		    "git notes --ref=image merge -q -s cat_sort_uniq theirs");
	notes_fixture_assert(one, notes_fixture_sha("HEAD"), "a\nb\nc\n");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^"), "d\n");
}

static struct notes_merged merge_fetched(struct git_repo *repo)
{
	struct notes_merged merged = { 99, 99 };
	struct error err = { 0 };

	if (notes_merge(repo, REF, THEIRS, &merged, &err))
		fail_msg("%s", err.message);
	return merged;
}

static struct notes_merged merge_from(struct git_repo *repo, const char *name)
{
	fixture_run("git -C one fetch -q ../%s +" REF ":" THEIRS, name);
	return merge_fetched(repo);
}

static const char *head_of(const char *name)
{
	return fixture_output("git -C %s rev-parse " REF, name);
}

static void test_a_merge_of_ours_is_as_gits(void **state)
{
	AUTO(repo_freep)
	struct git_repo *one = notes_fixture_fresh("one"), *two = notes_fixture_fresh("two");
	const char *tree;

	(void)state;
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "both");
	fixture_run("git -C two fetch -q ../one " REF ":" REF);
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "ours");
	notes_fixture_add(two, notes_fixture_sha("HEAD"), "a theirs");
	notes_fixture_add(two, notes_fixture_sha("HEAD^"), "new");
	for (int i = 0; i < 60; i++) {
		char sha[41];

		notes_fixture_name(i, sha);
		notes_fixture_add(i % 2 ? one : two, sha, i % 2 ? "x" : "y");
	}
	fixture_run("git -C one update-ref refs/notes/gits " REF "; cd one;"
		    "git fetch -q ../two +" REF ":refs/notes/theirs;"
		    "git notes --ref=gits merge -q -s cat_sort_uniq theirs");
	assert_int_equal(merge_from(one, "two").commits, 32);
	notes_fixture_assert(one, notes_fixture_sha("HEAD"), "a theirs\nboth\nours\n");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^"), "new\n");
	tree = fixture_output("git -C one rev-parse refs/notes/gits^{tree}");
	assert_string_equal(fixture_output("git -C one rev-parse " REF "^{tree}"), tree);
	/* Once is enough; the other one only moves forward, and has all of it then. */
	tree = head_of("one");
	assert_int_equal(merge_from(one, "two").commits, 0);
	assert_string_equal(head_of("one"), tree);
	fixture_run("git -C one push -q ../two " REF);
	assert_string_equal(head_of("two"), tree);
}

static void assert_as_gits(void)
{
	const char *tree = fixture_output("git -C one rev-parse refs/notes/gits^{tree}");

	if (strcmp(fixture_output("git -C one rev-parse " REF "^{tree}"), tree) != 0)
		fail_msg("git makes another tree: %s",
			 fixture_output("cd one; git diff --stat refs/notes/gits " REF));
}

/* What git makes of "one" and what it fetches from "two". */
static void merge_by_git(void)
{
	fixture_run("cd one; git update-ref refs/notes/gits " REF ";"
		    "git fetch -q ../two +" REF ":refs/notes/theirs;"
		    "git notes --ref=gits merge -q -s cat_sort_uniq theirs");
}

enum { NONE = -1, M, A_M, M_Z, B_M, SOURCES };

/* Notes that others are copied from, by git, many at once. */
static void add_sources(struct git_repo *repo)
{
	static const char *const lines[SOURCES] = { "m", "a\nm", "m\nz", "b\nm" };

	for (int i = 0; i < SOURCES; i++) {
		char sha[41];

		notes_fixture_name(5000 + i, sha);
		notes_fixture_add(repo, sha, lines[i]);
	}
}

static void add_copy(struct buf *copies, struct buf *removals, int source, const char *sha)
{
	char from[41];

	if (source == NONE) {
		buf_add_format(removals, "%s\n", sha);
		return;
	}
	notes_fixture_name(5000 + source, from);
	buf_add_format(copies, "%s %s\n", from, sha);
}

static void write_texts(const struct buf *copies, const struct buf *removals)
{
	struct error err = { 0 };

	assert_int_equal(path_write(fixture_text("ROOT/copies"), buf_slice(copies), 0600, &err), 0);
	assert_int_equal(path_write(fixture_text("ROOT/removals"), buf_slice(removals), 0600, &err),
			 0);
}

/* Of a commit: before, by us and by them. */
static const int fates[][3] = {
	{ M, M, M },	     { M, A_M, M },	  { M, M, M_Z },      { M, A_M, M_Z },
	{ M, B_M, B_M },     { M_Z, M_Z, M },	  { M_Z, A_M, M },    { M, NONE, M },
	{ M, M, NONE },	     { M, NONE, M_Z },	  { M, A_M, NONE },   { M, NONE, NONE },
	{ NONE, A_M, NONE }, { NONE, NONE, M_Z }, { NONE, A_M, M_Z }, { NONE, B_M, B_M },
};

/* 0: what is before; 1, 2: what the first and the second make of it. */
static void change(const char *name, int side)
{
	AUTO(buf_release) struct buf copies = BUF_INIT(MIB), removals = BUF_INIT(MIB);
	unsigned random = 1;
	char sha[41];

	for (int i = 0; i < 2000; i++) {
		const int *fate;

		random = random * 1103515245 + 12345;
		fate = fates[(random >> 16) % ARRAY_SIZE(fates)];
		notes_fixture_name(i, sha);
		if (fate[side] != (side ? fate[0] : NONE))
			add_copy(&copies, &removals, fate[side], sha);
	}
	write_texts(&copies, &removals);
	fixture_run(
		"cd %s; git notes --ref=image copy -f --stdin <../copies;"
		"git notes --ref=image remove --ignore-missing --stdin <../removals 2>/dev/null",
		name);
}

static void test_random_notes_are_merged_as_by_git(void **state)
{
	AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one");

	(void)state;
	add_sources(one);
	change("one", 0);
	fixture_run("rm -rf two; cp -r one two");
	change("one", 1);
	change("two", 2);
	merge_by_git();
	assert_int_equal(merge_from(one, "two").refused, 0);
	assert_as_gits();
	fixture_run("git -C one fsck --strict 2>/dev/null");
	/* And the other way round. */
	fixture_run("git -C one push -q -f ../two " REF "; git -C two gc -q");
	change("one", 1);
	change("two", 1);
	change("two", 2);
	merge_by_git();
	merge_from(one, "two");
	assert_as_gits();
}

static void add_many(const char *name, int from, int to, int source)
{
	AUTO(buf_release) struct buf copies = BUF_INIT(MIB), removals = BUF_INIT(MIB);
	char sha[41];

	for (int i = from; i < to; i++) {
		notes_fixture_name(i, sha);
		add_copy(&copies, &removals, source, sha);
	}
	write_texts(&copies, &removals);
	fixture_run("git -C %s notes --ref=image copy -f --stdin <copies", name);
}

/* Nothing in common, and folders as deep as each side's notes ask for. */
static void test_each_fan_out_is_merged_as_by_git(void **state)
{
	static const struct {
		int from[2], to[2];
	} rows[] = {
		{ { 0, 10 }, { 3, 13 } },     { { 0, 0 }, { 3, 90 } },
		{ { 0, 0 }, { 90, 3 } },      { { 0, 50 }, { 90, 356 } },
		{ { 50, 0 }, { 356, 90 } },   { { 0, 100 }, { 20, 356 } },
		{ { 100, 0 }, { 356, 20 } },  { { 100, 0 }, { 120, 140 } },
		{ { 0, 300 }, { 200, 900 } }, { { 300, 120 }, { 600, 330 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one");
		AUTO(repo_freep) struct git_repo *two = notes_fixture_fresh("two");

		add_sources(one);
		add_sources(two);
		add_many("one", rows[i].from[0], rows[i].to[0], A_M);
		add_many("two", rows[i].from[1], rows[i].to[1], M_Z);
		merge_by_git();
		merge_from(one, "two");
		assert_as_gits();
	}
}

/* Folders that are not needed any more may stay, but for empty ones. */
static void test_what_they_took_away_goes_unless_we_changed_it(void **state)
{
	AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one");
	char ours[41];

	(void)state;
	add_sources(one);
	add_many("one", 0, 150, M);
	fixture_run(
		"rm -rf two; cp -r one two; cd two; git notes --ref=image list | cut -d' ' -f2 |"
		"git notes --ref=image remove --stdin 2>/dev/null");
	notes_fixture_name(7, ours);
	notes_fixture_add(one, ours, "ours");
	merge_by_git();
	assert_int_equal(merge_from(one, "two").commits, 0);
	notes_fixture_assert(one, ours, "m\nours\n");
	assert_string_equal(fixture_output("git -C one notes --ref=image list"),
			    fixture_output("git -C one notes --ref=gits list"));
	assert_string_equal(fixture_output("git -C one ls-tree -rt " REF " | wc -l"), "2");
	fixture_run("git -C one fsck --strict 2>/dev/null");
}

/* Of the notes that both have only the changed ones' folders and blobs are left. */
static void test_what_did_not_change_is_not_read(void **state)
{
	AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one"), *two = NULL;
	char changed[41];

	(void)state;
	add_sources(one);
	add_many("one", 0, 356, M);
	fixture_run("rm -rf two; cp -r one two");
	two = fixture_open("two");
	notes_fixture_name(0, changed);
	notes_fixture_add(one, changed, "ours");
	notes_fixture_add(two, changed, "theirs");
	fixture_run("cd one; git fetch -q ../two +" REF ":" THEIRS ";"
		    "git ls-tree " REF " | grep -v '\t%.2s$' | while read -r mode type oid rest; do"
		    "  rm -f .git/objects/$(echo $oid | sed 's#..#&/#'); done",
		    changed);
	assert_int_equal(merge_fetched(one).commits, 1);
	assert_string_equal(fixture_output("git -C one notes --ref=image show %s", changed),
			    "m\nours\ntheirs");
}

/* A note of a name that we have not, and one that nobody has: their content is not there. */
static void test_what_cannot_be_read_is_left_out(void **state)
{
	AUTO(repo_freep) struct git_repo *one = notes_fixture_fresh("one");
	const char *missing = "1234567890123456789012345678901234567890";
	struct notes_merged merged;

	(void)state;
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "ours");
	fixture_run(
		"cd one; b=$(echo fine | git hash-object -w --stdin);"
		"c=$(git rev-parse HEAD); p=$(git rev-parse HEAD^); t=$(git rev-parse HEAD^{tree});"
		"docs=$(printf '100644 blob %%s\tREADME\n' $b | git mktree);"
		"tree=$({ printf '100644 blob %%s\t%%s\n' %s $c %s $p $b $t $b README;"
		" printf '040000 tree %%s\tdocs\n' $docs; printf '160000 commit %%s\t%%s\n' $c %s;"
		"} | git mktree --missing);"
		"git update-ref " THEIRS " $(git commit-tree -m x $tree)",
		missing, missing, missing);
	merged = merge_fetched(one);
	assert_int_equal(merged.commits, 1);
	assert_int_equal(merged.refused, 3);
	notes_fixture_assert(one, notes_fixture_sha("HEAD"), "ours\n");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^"), "");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^{tree}"), "fine\n");
	assert_string_equal(fixture_output("git -C one ls-tree -r --name-only " REF " | wc -l"),
			    "2");
}

static void test_a_first_fetch_is_taken_as_it_is(void **state)
{
	AUTO(repo_freep)
	struct git_repo *one = notes_fixture_fresh("one"), *two = notes_fixture_fresh("two");
	struct notes_merged merged = { 99, 99 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(notes_merge(one, REF, THEIRS, &merged, &err), 0);
	assert_int_equal(merged.commits, 0);
	notes_fixture_add(two, notes_fixture_sha("HEAD"), "a");
	merge_from(one, "two");
	assert_string_equal(head_of("one"), head_of("two"));
	/* Ours is ahead of it. */
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "b");
	merge_from(one, "two");
	notes_fixture_assert(one, notes_fixture_sha("HEAD"), "a\nb\n");
}

/* A note of megabytes would make the commit's own facts unreadable. */
static void test_what_is_too_large_for_a_note_is_left_out(void **state)
{
	AUTO(repo_freep)
	struct git_repo *one = notes_fixture_fresh("one"), *two = notes_fixture_fresh("two");
	struct notes_merged merged;

	(void)state;
	notes_fixture_add(one, notes_fixture_sha("HEAD"), "ours");
	notes_fixture_add(two, notes_fixture_sha("HEAD^"), "fine");
	fixture_run("cd two; head -c 9000000 /dev/zero | tr '\\0' x >../large;"
		    "git notes --ref=image add -f -F ../large HEAD;"
		    "git notes --ref=image copy HEAD HEAD^{tree}");
	merged = merge_from(one, "two");
	assert_int_equal(merged.commits, 1);
	assert_int_equal(merged.refused, 2);
	notes_fixture_assert(one, notes_fixture_sha("HEAD"), "ours\n");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^"), "fine\n");
	notes_fixture_assert(one, notes_fixture_sha("HEAD^{tree}"), "");
}

static void test_refs_are_found_by_a_pattern(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("refs");
	AUTO(strv_release) struct strv refs = { 0 };
	struct error err = { 0 };

	(void)state;
	fixture_run("cd refs; for r in b/image a/image a/other; do"
		    "  git update-ref refs/notes/remotes/$r HEAD; done");
	assert_int_equal(notes_find_refs(repo, "refs/notes/remotes/*/image", &refs, &err), 0);
	assert_int_equal(refs.len, 2);
	assert_string_equal(refs.items[0], "refs/notes/remotes/a/image");
	assert_string_equal(refs.items[1], "refs/notes/remotes/b/image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_clones_merge),
		cmocka_unit_test(test_a_merge_of_ours_is_as_gits),
		cmocka_unit_test(test_random_notes_are_merged_as_by_git),
		cmocka_unit_test(test_each_fan_out_is_merged_as_by_git),
		cmocka_unit_test(test_what_they_took_away_goes_unless_we_changed_it),
		cmocka_unit_test(test_what_did_not_change_is_not_read),
		cmocka_unit_test(test_a_first_fetch_is_taken_as_it_is),
		cmocka_unit_test(test_what_is_too_large_for_a_note_is_left_out),
		cmocka_unit_test(test_what_cannot_be_read_is_left_out),
		cmocka_unit_test(test_refs_are_found_by_a_pattern),
	};

	return cmocka_run_group_tests(tests, notes_fixture_start, fixture_end);
}
