/* SPDX-License-Identifier: MIT */
#include "notes_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"
#include "git/notes.h"

static void test_lines_are_sorted_and_unique(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("sorted");
	static const char *const lines[] = { "{\"b\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":10}" };
	const char *sha = notes_fixture_sha("HEAD");

	(void)state;
	notes_fixture_assert(repo, sha, "");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		notes_fixture_add(repo, sha, lines[i]);
	notes_fixture_assert(repo, sha, "{\"a\":10}\n{\"a\":2}\n{\"b\":1}\n");
	notes_fixture_assert(repo, notes_fixture_sha("HEAD^"), "");
	assert_string_equal(fixture_output("git -C sorted notes --ref=image show"),
			    "{\"a\":10}\n{\"a\":2}\n{\"b\":1}");
	/* One commit a change, none for a line that is there. */
	assert_string_equal(fixture_output("git -C sorted rev-list --count " REF), "3");
	assert_string_equal(fixture_output("git -C sorted log -1 --format='%%cn %%ce %%s' " REF),
			    "C O Mitter committer@example.com Notes added by 'git image'");
	assert_string_equal(fixture_output("cd sorted/.git; ls | grep ^git-image; ls refs/notes"),
			    "git-image.turn\nimage");
}

static void test_lines_are_added_together(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("lines");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		notes_add_lines(repo, REF, notes_fixture_sha("HEAD"), SLICE("b\na\n"), &err), 0);
	assert_int_equal(notes_add_lines(repo, REF, notes_fixture_sha("HEAD"), SLICE("a\nb"), &err),
			 0);
	assert_string_equal(fixture_output("cd lines; git notes --ref=image show; "
					   "git rev-list --count refs/notes/image"),
			    "a\nb\n1");
	assert_int_equal(notes_add_lines(repo, REF, "HEAD", SLICE("a"), &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'HEAD' is not the full name of an object");
}

static void test_without_an_identity_it_is_ours(void **state)
{
	static const struct {
		const char *name, *email, *expected;
	} rows[] = {
		{ NULL, NULL, "git-image git-image@localhost" },
		{ "Jo", "jo@example.com", "Jo jo@example.com" },
		{ ".", "jo@example.com", "git-image git-image@localhost" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;

		repo_free(notes_fixture_fresh("nobody"));
		if (rows[i].name)
			fixture_run(
				"cd nobody; git config user.name '%s'; git config user.email %s",
				rows[i].name, rows[i].email);
		repo = fixture_open("nobody");
		unsetenv("GIT_COMMITTER_NAME");
		unsetenv("GIT_COMMITTER_EMAIL");
		notes_fixture_add(repo, notes_fixture_sha("HEAD"), "x");
		setenv("GIT_COMMITTER_NAME", "C O Mitter", 1);
		setenv("GIT_COMMITTER_EMAIL", "committer@example.com", 1);
		assert_string_equal(
			fixture_output("git -C nobody log -1 --format='%%cn %%ce' " REF),
			rows[i].expected);
	}
}

static void test_each_kind_of_repository_holds_notes(void **state)
{
	static const char *const names[] = { "kinds", "kinds-bare", "kinds-linked" };

	(void)state;
	repo_free(notes_fixture_fresh("kinds"));
	fixture_run("git clone -q --bare kinds kinds-bare;"
		    "git -C kinds worktree add -q ../kinds-linked");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(names[i]);

		notes_fixture_add(repo, notes_fixture_sha("HEAD"), names[i]);
		assert_string_equal(fixture_output("git -C %s notes --ref=image show HEAD |"
						   " grep -cx %s",
						   names[i], names[i]),
				    "1");
	}
	/* A linked work tree shares them. */
	assert_string_equal(fixture_output("git -C kinds notes --ref=image show HEAD"),
			    "kinds\nkinds-linked");
}

static void test_a_packed_ref_is_swapped_too(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("packed");

	(void)state;
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "1");
	fixture_run("git -C packed pack-refs --all");
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "2");
	fixture_run("git -C packed notes --ref=image append -m 3; git -C packed gc -q");
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "4");
	notes_fixture_assert(repo, notes_fixture_sha("HEAD"), "1\n2\n3\n4\n");
	fixture_run("git -C packed fsck --strict");
}

static void test_the_fan_out_grows_as_gits(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("fan");
	AUTO(buf_release) struct buf copies = BUF_INIT(MIB);
	struct error err = { 0 };
	char sha[41], head[41];

	(void)state;
	snprintf(head, sizeof(head), "%s", notes_fixture_sha("HEAD"));
	notes_fixture_add(repo, head, "x");
	fixture_run("git -C fan notes --ref=first add -m x");
	for (int i = 0; i < 150; i++) {
		notes_fixture_name(i, sha);
		notes_fixture_add(repo, sha, "x");
		buf_add_format(&copies, "%s %s\n", head, sha);
		if (i % 5 && (i < 25 || i > 40) && i < 130)
			continue;
		assert_int_equal(
			path_write(fixture_text("ROOT/copies"), buf_slice(&copies), 0600, &err), 0);
		fixture_run("cd fan; git update-ref refs/notes/scratch refs/notes/first;"
			    "git notes --ref=scratch copy --stdin <../copies");
		if (strcmp(fixture_output("git -C fan rev-parse " REF "^{tree}"),
			   fixture_output("git -C fan rev-parse refs/notes/scratch^{tree}")) != 0)
			fail_msg("with %d notes git makes another tree", i + 2);
	}
	assert_string_equal(fixture_output("git -C fan ls-tree -r --name-only " REF " |"
					   " tr -cd '/\\n' | sort | uniq -c | tr -s ' \\n' ' '"),
			    " 101 / 50 // ");
}

/* git's trees of each depth, and mixtures that other writers leave. */
static void test_every_depth_is_read_and_kept(void **state)
{
	static const char *const roots[] = { "", "a", "ab", "ab/cd", "ab/cd/ef" };
	char sha[] = "abcdef0123456789012345678901234567890123";

	(void)state;
	for (size_t i = 2; i <= 4; i++) {
		AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("depth");
		const char *rest = sha + 2 * (i - 1);

		fixture_run("cd depth; b=$(echo old | git hash-object -w --stdin);"
			    "printf '100644 blob %%s\\t%s/%s\\n100644 blob %%s\\tREADME\\n' $b $b |"
			    "git update-index --index-info; rm -f c;"
			    "git update-ref " REF " $(git commit-tree -m x $(git write-tree))",
			    roots[i], rest);
		notes_fixture_assert(repo, sha, "old\n");
		notes_fixture_add(repo, sha, "new");
		notes_fixture_assert(repo, sha, "new\nold\n");
		assert_string_equal(fixture_output("git -C depth ls-tree -r --name-only " REF " |"
						   " tr '\\n' ' '"),
				    fixture_output("printf 'README %s/%s '", roots[i], rest));
		/* A neighbour goes where its like are. */
		sha[39] = '4';
		notes_fixture_add(repo, sha, "next");
		sha[39] = '3';
		assert_string_equal(fixture_output("git -C depth ls-tree -r --name-only " REF " |"
						   " grep -c '^%s/'",
						   roots[i]),
				    "2");
	}
}

static void assert_child_ends_well(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static pid_t fork_writer(const char *name, int first, int count)
{
	pid_t child = fork();

	if (child)
		return child;
	for (int i = first; i < first + count; i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
		char sha[41], line[16];

		notes_fixture_name(i % 40, sha);
		snprintf(line, sizeof(line), "%d", i);
		notes_fixture_add(repo, sha, line);
	}
	_exit(0);
}

static void test_writers_at_once_lose_nothing(void **state)
{
	enum { WRITERS = 8, BY_GIT = 10 };
	const char *asked = getenv("TEST_NOTES");
	pid_t writers[WRITERS];
	int64_t lines = 40;

	(void)state;
	if (asked)
		assert_true(str_to_int(asked, 1, 100000, &lines));
	repo_free(notes_fixture_fresh("many"));
	for (int i = 0; i < WRITERS; i++)
		writers[i] = fork_writer("many", i * (int)lines, (int)lines);
	/* `git notes` itself does not compare before it swaps; update-ref does. */
	fixture_run("cd many; for i in $(seq %d); do until old=$(git rev-parse -q --verify " REF ")"
		    " && new=$(git commit-tree -m git -p $old $old^{tree}) &&"
		    " git update-ref " REF " $new $old 2>/dev/null; do :; done; done",
		    BY_GIT);
	for (int i = 0; i < WRITERS; i++)
		assert_child_ends_well(writers[i]);
	assert_string_equal(fixture_output("cd many; for n in $(git notes --ref=image list |"
					   " cut -d' ' -f1); do git cat-file blob $n; done |"
					   " grep . | sort -u | wc -l"),
			    fixture_output("echo %d", WRITERS * (int)lines));
	assert_string_equal(fixture_output("git -C many rev-list --count " REF),
			    fixture_output("echo %d", WRITERS * (int)lines + BY_GIT));
	fixture_run("git -C many fsck --strict 2>/dev/null");
}

static void test_a_killed_writer_leaves_no_lock(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("killed");

	(void)state;
	for (int i = 0; i < 40; i++) {
		pid_t child = fork_writer("killed", i * 1000, 1000);
		char line[16];
		int status;

		usleep((useconds_t)(2000 + i * 777 % 9000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		snprintf(line, sizeof(line), "after %d", i);
		notes_fixture_add(repo, notes_fixture_sha("HEAD"), line);
	}
	fixture_run("git -C killed fsck --strict 2>/dev/null");
	assert_string_equal(fixture_output("git -C killed notes --ref=image show HEAD | wc -l"),
			    "40");
}

static void test_a_stale_lock_of_ours_is_removed(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("stale");

	(void)state;
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "1");
	fixture_run("cd stale/.git; echo >git-image.ref; ln git-image.ref " REF ".lock");
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "2");
	assert_string_equal(fixture_output("ls stale/.git/refs/notes"), "image");
	/* Killed right after the swap: the file is the ref itself by now. */
	fixture_run("cd stale/.git; ln " REF " git-image.ref");
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "3");
	notes_fixture_assert(repo, notes_fixture_sha("HEAD"), "1\n2\n3\n");
}

static void test_a_lock_of_git_is_awaited(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = notes_fixture_fresh("locked");

	(void)state;
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "1");
	fixture_run("cd locked/.git; : >" REF ".lock; (sleep 0.3; rm " REF ".lock) >/dev/null &");
	notes_fixture_add(repo, notes_fixture_sha("HEAD"), "2");
	notes_fixture_assert(repo, notes_fixture_sha("HEAD"), "1\n2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_sorted_and_unique),
		cmocka_unit_test(test_lines_are_added_together),
		cmocka_unit_test(test_without_an_identity_it_is_ours),
		cmocka_unit_test(test_each_kind_of_repository_holds_notes),
		cmocka_unit_test(test_a_packed_ref_is_swapped_too),
		cmocka_unit_test(test_the_fan_out_grows_as_gits),
		cmocka_unit_test(test_every_depth_is_read_and_kept),
		cmocka_unit_test(test_writers_at_once_lose_nothing),
		cmocka_unit_test(test_a_killed_writer_leaves_no_lock),
		cmocka_unit_test(test_a_stale_lock_of_ours_is_removed),
		cmocka_unit_test(test_a_lock_of_git_is_awaited),
	};

	return cmocka_run_group_tests(tests, notes_fixture_start, fixture_end);
}
